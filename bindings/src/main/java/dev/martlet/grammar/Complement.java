package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The values that are not in a set. */
final class Complement {

    private final FormulaPool pool;
    private final ValueSet.Emptiness emptiness;
    private final Budget budget;

    Complement(FormulaPool pool, ValueSet.Emptiness emptiness, Budget budget) {
        this.pool = pool;
        this.emptiness = emptiness;
        this.budget = budget;
    }

    ValueSet of(ValueSet set) {
        ValueSet out = new ValueSet(
                !set.nul(),
                !set.yes(),
                !set.no(),
                set.numbers().not(budget),
                set.texts().not(budget),
                ValueSet.ALL.arrays(),
                ValueSet.ALL.objects());
        for (ArrayShape shape : set.arrays()) {
            out = out.and(ValueSet.ALL.withArrays(notArray(shape)), pool, emptiness, budget);
        }
        for (ObjectShape shape : set.objects()) {
            out = out.and(ValueSet.ALL.withObjects(notObject(shape)), pool, emptiness, budget);
        }
        return out;
    }

    private List<ArrayShape> notArray(ArrayShape shape) {
        List<ArrayShape> out = new ArrayList<>();
        if (shape.min() > 0) {
            out.add(new ArrayShape(List.of(), Formula.TRUE, 0, shape.min() - 1, List.of()));
        }
        if (shape.max() != Rx.UNBOUNDED) {
            out.add(new ArrayShape(List.of(), Formula.TRUE, shape.max() + 1, Rx.UNBOUNDED, List.of()));
        }
        for (int i = 0; i < shape.first().size(); i++) {
            if (shape.first().get(i) != Formula.TRUE) {
                List<Formula> first = new ArrayList<>(Collections.nCopies(i, Formula.TRUE));
                first.add(pool.not(shape.first().get(i)));
                out.add(new ArrayShape(first, Formula.TRUE, i + 1, Rx.UNBOUNDED, List.of()));
            }
        }
        if (shape.rest() != Formula.TRUE) {
            List<Formula> first = Collections.nCopies(shape.first().size(), Formula.TRUE);
            out.add(new ArrayShape(
                    first,
                    Formula.TRUE,
                    0,
                    Rx.UNBOUNDED,
                    List.of(new ArrayShape.Witness(
                            pool.not(shape.rest()), shape.first().size()))));
        }
        for (ArrayShape.Witness witness : shape.witnesses()) {
            List<Formula> first = Collections.nCopies(witness.from(), Formula.TRUE);
            out.add(new ArrayShape(first, pool.not(witness.kind()), 0, Rx.UNBOUNDED, List.of()));
        }
        return out;
    }

    private List<ObjectShape> notObject(ObjectShape shape) {
        List<ObjectShape> out = new ArrayList<>();
        for (String name : shape.required()) {
            out.add(ObjectShape.with(name, Formula.FALSE));
        }
        for (Map.Entry<String, Formula> name : shape.names().entrySet()) {
            if (name.getValue() != Formula.TRUE) {
                out.add(ObjectShape.with(name.getKey(), pool.not(name.getValue()))
                        .requiring(Set.of(name.getKey())));
            }
        }
        if (shape.min() > 0) {
            out.add(ObjectShape.ANY.withBounds(0, shape.min() - 1));
        }
        if (shape.max() != Rx.UNBOUNDED) {
            out.add(ObjectShape.ANY.withBounds(shape.max() + 1, Rx.UNBOUNDED));
        }
        Dfa unlisted = JsonText.ANY_TEXT;
        if (!shape.names().isEmpty()) {
            Dfa listed = Texts.of(shape.names().keySet(), budget).dfa();
            unlisted = Dfa.combine(unlisted, listed, Dfa.Operation.MINUS, budget);
        }
        Dfa classless = unlisted;
        for (ObjectShape.KeyClass other : shape.others()) {
            classless = Dfa.combine(classless, other.keys(), Dfa.Operation.MINUS, budget);
            if (other.kind() != Formula.TRUE) {
                Dfa keys = ObjectShape.both(unlisted, other.keys(), budget);
                addWitness(keys, pool.not(other.kind()), out);
            }
        }
        addWitness(classless, Formula.TRUE, out);
        for (ObjectShape.Witness witness : shape.witnesses()) {
            out.add(new ObjectShape(
                    Map.of(), split(witness.keys(), pool.not(witness.kind())), Set.of(), 0, Rx.UNBOUNDED, List.of()));
        }
        return out;
    }

    private List<ObjectShape.KeyClass> split(Dfa keys, Formula kind) {
        List<ObjectShape.KeyClass> out = new ArrayList<>();
        if (!keys.isEmpty()) {
            out.add(new ObjectShape.KeyClass(keys, kind));
        }
        Dfa others = Dfa.combine(JsonText.ANY_TEXT, keys, Dfa.Operation.MINUS, budget);
        if (!others.isEmpty()) {
            out.add(new ObjectShape.KeyClass(others, Formula.TRUE));
        }
        return out;
    }

    private void addWitness(Dfa keys, Formula kind, List<ObjectShape> out) {
        if (!keys.isEmpty()) {
            out.add(new ObjectShape(
                    Map.of(),
                    split(keys, Formula.TRUE),
                    Set.of(),
                    0,
                    Rx.UNBOUNDED,
                    List.of(new ObjectShape.Witness(keys, kind))));
        }
    }
}
