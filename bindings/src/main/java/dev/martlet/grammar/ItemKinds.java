package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The conditions on the items of an {@link ArrayShape}: by place, and by which of the shape's witnesses the item is to be.
 */
final class ItemKinds {

    private final ArrayShape shape;
    /** By place (the last one stands for all behind), then by set of witnesses as bits. */
    private final List<List<Formula>> kinds = new ArrayList<>();

    ItemKinds(ArrayShape shape, FormulaPool pool) {
        this.shape = shape;
        int subsets = 1 << shape.witnesses().size();
        for (int place = 0; place <= shape.first().size(); place++) {
            List<Formula> options = new ArrayList<>();
            for (int subset = 0; subset < subsets; subset++) {
                Formula kind = shape.item(place);
                for (int w = 0; w < shape.witnesses().size(); w++) {
                    ArrayShape.Witness witness = shape.witnesses().get(w);
                    if ((subset >> w & 1) != 0) {
                        kind = place < witness.from() ? Formula.FALSE : pool.and(kind, witness.kind());
                    }
                }
                options.add(kind);
            }
            kinds.add(options);
        }
    }

    void addTo(Set<Formula> out) {
        kinds.forEach(out::addAll);
        out.remove(Formula.FALSE);
    }

    List<List<Formula>> kinds() {
        return kinds;
    }

    /** What can be, given which conditions can be met. */
    ItemOptions options(Predicate<Formula> possible) {
        boolean[][] can = new boolean[kinds.size()][];
        for (int place = 0; place < can.length; place++) {
            List<Formula> options = kinds.get(place);
            can[place] = new boolean[options.size()];
            for (int subset = 0; subset < can[place].length; subset++) {
                can[place][subset] = options.get(subset) != Formula.FALSE && possible.test(options.get(subset));
            }
        }
        return new ItemOptions(can, shape.min(), shape.max());
    }
}
