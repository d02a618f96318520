package dev.martlet.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The conditions on the members of an {@link ObjectShape}: by label, which is a listed name in the order of bytes or a
 * class of other names, and by which of the shape's witnesses the member is to be.
 */
final class MemberKinds {

    private final ObjectShape shape;
    private final List<String> names;
    /** By label, then by set of witnesses as bits. */
    private final List<List<Formula>> kinds = new ArrayList<>();

    MemberKinds(ObjectShape shape, FormulaPool pool) {
        this.shape = shape;
        this.names = new ArrayList<>(shape.names().keySet());
        names.sort(NameTrie::compare);
        for (String name : names) {
            int serves = 0;
            for (int w = 0; w < shape.witnesses().size(); w++) {
                byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
                serves |= shape.witnesses().get(w).keys().accepts(bytes) ? 1 << w : 0;
            }
            kinds.add(options(shape.names().get(name), serves, pool));
        }
        for (ObjectShape.KeyClass other : shape.others()) {
            int serves = 0;
            for (int w = 0; w < shape.witnesses().size(); w++) {
                serves |= overlap(shape.witnesses().get(w).keys(), other.keys()) ? 1 << w : 0;
            }
            kinds.add(options(other.kind(), serves, pool));
        }
    }

    /** Whether two sets of names have one in common; since a class is never split by a witness, any one will tell. */
    private static boolean overlap(Dfa witness, Dfa names) {
        return witness.accepts(names.someWord());
    }

    private List<Formula> options(Formula plain, int serves, FormulaPool pool) {
        List<Formula> options = new ArrayList<>();
        for (int subset = 0; subset < 1 << shape.witnesses().size(); subset++) {
            Formula kind = (subset & ~serves) == 0 ? plain : Formula.FALSE;
            for (int w = 0; w < shape.witnesses().size(); w++) {
                if ((subset >> w & 1) != 0) {
                    kind = pool.and(kind, shape.witnesses().get(w).kind());
                }
            }
            options.add(kind);
        }
        return options;
    }

    void addTo(Set<Formula> out) {
        kinds.forEach(out::addAll);
        out.remove(Formula.FALSE);
    }

    /** The listed names, in the order of their bytes. */
    List<String> names() {
        return names;
    }

    List<List<Formula>> kinds() {
        return kinds;
    }

    /** What can be, given which conditions can be met. */
    MemberOptions options(Predicate<Formula> possible) {
        boolean[][] can = new boolean[kinds.size()][];
        for (int label = 0; label < can.length; label++) {
            List<Formula> options = kinds.get(label);
            can[label] = new boolean[options.size()];
            for (int subset = 0; subset < can[label].length; subset++) {
                can[label][subset] = options.get(subset) != Formula.FALSE && possible.test(options.get(subset));
            }
        }
        boolean[] required = new boolean[names.size()];
        for (int n = 0; n < required.length; n++) {
            required[n] = shape.required().contains(names.get(n));
        }
        return new MemberOptions(can, required, shape.witnesses().size(), shape.min(), shape.max());
    }
}
