package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The arrays whose items are each of a kind.
 *
 * @param first kinds of the first items, by place
 * @param rest kind of all behind them
 * @param max {@link Rx#UNBOUNDED} for no bound
 * @param witnesses what the array must hold somewhere; one item may serve for several
 */
record ArrayShape(List<Formula> first, Formula rest, int min, int max, List<Witness> witnesses) {

    /** What some item from a place on must be. */
    record Witness(Formula kind, int from) {}

    /** Most witnesses of one shape. */
    static final int MOST_WITNESSES = 4;

    static final ArrayShape ANY = new ArrayShape(List.of(), Formula.TRUE, 0, Rx.UNBOUNDED, List.of());

    ArrayShape {
        first = List.copyOf(first);
        witnesses = List.copyOf(witnesses);
        if (witnesses.size() > MOST_WITNESSES) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX, "", "contains", "an array must hold too many kinds of item");
        }
    }

    Formula item(int place) {
        return place < first.size() ? first.get(place) : rest;
    }

    ArrayShape and(ArrayShape o, FormulaPool pool) {
        if (this == ANY || o == ANY) {
            return this == ANY ? o : this;
        }
        List<Formula> both = new ArrayList<>();
        for (int i = 0; i < Math.max(first.size(), o.first.size()); i++) {
            both.add(pool.and(item(i), o.item(i)));
        }
        Set<Witness> all = new LinkedHashSet<>(witnesses);
        all.addAll(o.witnesses);
        return new ArrayShape(
                both, pool.and(rest, o.rest), Math.max(min, o.min), Math.min(max, o.max), List.copyOf(all));
    }
}
