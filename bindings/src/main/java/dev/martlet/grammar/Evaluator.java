package dev.martlet.grammar;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Works out which values a formula allows. One evaluator serves one compilation and one thread. */
final class Evaluator implements ValueSet.Emptiness {

    /** Longest chain of schemas for one and the same value. */
    private static final int MOST_OPEN = 300;

    /** How deep required members and items are looked into to find that a shape is empty. */
    private static final int EMPTINESS_DEPTH = 4;

    /** Thrown when a question about emptiness meets a formula that is being worked out: the answer is not known yet. */
    private static final class Unknown extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unknown() {
            super(null, null, false, false);
        }
    }

    private final FormulaPool pool;
    private final Budget budget;
    private final SchemaKeywords keywords;
    private final Map<Formula, ValueSet> known = new HashMap<>();
    /** Formulas being worked out, with the number of questions about emptiness that were open when they were begun. */
    private final Map<Formula, Integer> open = new HashMap<>();

    private final Map<Formula, Integer> notEmptyTo = new HashMap<>();
    private int questions;

    Evaluator(SchemaDocument document, FormulaPool pool, Budget budget) {
        this.pool = pool;
        this.budget = budget;
        this.keywords = new SchemaKeywords(document, this, pool, budget);
    }

    ValueSet values(Formula formula) {
        ValueSet done = known.get(formula);
        if (done != null) {
            return done;
        }
        Integer before = open.putIfAbsent(formula, questions);
        if (before != null) {
            if (before < questions) {
                throw new Unknown();
            }
            throw new GrammarException(
                    GrammarException.Reason.INVALID,
                    formula.somePointer(),
                    "$ref",
                    "the schema refers to itself for one and the same value");
        }
        if (open.size() > MOST_OPEN) {
            open.remove(formula);
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX,
                    formula.somePointer(),
                    "$ref",
                    "over " + MOST_OPEN + " schemas hang on each other for one value");
        }
        try {
            done = workedOut(formula);
        } catch (GrammarException e) {
            throw e.place().isEmpty() && formula.kind == Formula.Kind.SCHEMA
                    ? new GrammarException(e.reason(), formula.pointer, e.keyword(), detail(e))
                    : e;
        } finally {
            open.remove(formula);
        }
        known.put(formula, done);
        return done;
    }

    /** The sentence of an exception without its place. */
    static String detail(GrammarException e) {
        String message = e.getMessage();
        String keyword = e.keyword().isEmpty() ? "" : e.keyword() + ": ";
        return message.substring(keyword.length(), message.lastIndexOf(" (at "));
    }

    private ValueSet workedOut(Formula formula) {
        return switch (formula.kind) {
            case TRUE -> ValueSet.ALL;
            case FALSE -> ValueSet.NONE;
            case SCHEMA -> keywords.values((JsonValue.Obj) formula.json, formula.pointer);
            case CONSTANT -> constant(formula.json, formula.pointer);
            case NOT -> new Complement(pool, this, budget).of(values(formula.parts.get(0)));
            case AND -> {
                ValueSet out = ValueSet.ALL;
                for (Formula part : formula.parts) {
                    out = out.and(values(part), pool, this, budget);
                }
                yield out;
            }
            case OR -> {
                ValueSet out = ValueSet.NONE;
                for (Formula part : formula.parts) {
                    out = out.or(values(part), budget);
                }
                yield out;
            }
        };
    }

    /** The set of one value. */
    ValueSet constant(JsonValue json, String pointer) {
        return switch (json) {
            case JsonValue.Null n -> ValueSet.ofType("null");
            case JsonValue.Bool b ->
                new ValueSet(false, b.value(), !b.value(), Numbers.NONE, Texts.NONE, List.of(), List.of());
            case JsonValue.Num n -> {
                BigDecimal value = Numbers.decimal(n.text());
                yield ValueSet.NONE.withNumbers(Numbers.of(value, budget));
            }
            case JsonValue.Str s -> ValueSet.NONE.withTexts(Texts.of(List.of(s.value()), budget));
            case JsonValue.Arr array -> {
                List<Formula> items = new ArrayList<>();
                for (JsonValue item : array.items()) {
                    items.add(pool.constant(item, pointer));
                }
                yield ValueSet.NONE.withArrays(
                        List.of(new ArrayShape(items, Formula.FALSE, items.size(), items.size(), List.of())));
            }
            case JsonValue.Obj object -> {
                Map<String, Formula> names = new LinkedHashMap<>();
                object.members().forEach((name, value) -> names.put(name, pool.constant(value, pointer)));
                yield ValueSet.NONE.withObjects(
                        List.of(new ObjectShape(names, List.of(), names.keySet(), 0, Rx.UNBOUNDED, List.of())));
            }
        };
    }

    @Override
    public boolean certain(ArrayShape shape) {
        return isEmpty(shape, EMPTINESS_DEPTH);
    }

    @Override
    public boolean certain(ObjectShape shape) {
        return isEmpty(shape, EMPTINESS_DEPTH);
    }

    /** The first member that a schema requires and that nothing can be, or the schema itself where there is none. */
    Formula emptyMember(Formula schema) {
        if (schema.kind == Formula.Kind.SCHEMA) {
            ObjectShape shape = keywords.members((JsonValue.Obj) schema.json, schema.pointer);
            for (String name : shape.required()) {
                Formula kind = shape.names().get(name);
                if (kind != Formula.FALSE && isCertainlyEmpty(kind)) {
                    return kind;
                }
            }
        }
        return schema;
    }

    /** Whether a formula is known to allow nothing; false when that is hard to tell. */
    boolean isCertainlyEmpty(Formula formula) {
        return isEmpty(formula, EMPTINESS_DEPTH);
    }

    private boolean isEmpty(ArrayShape shape, int depth) {
        if (shape.min() > shape.max()) {
            return true;
        }
        for (int i = 0; i < Math.min(shape.min(), shape.first().size() + 1); i++) {
            if (isEmpty(shape.item(i), depth - 1)) {
                return true;
            }
        }
        return shape.witnesses().stream().anyMatch(w -> w.kind() == Formula.FALSE || shape.max() <= w.from());
    }

    private boolean isEmpty(ObjectShape shape, int depth) {
        if (shape.min() > shape.max() || shape.required().size() > shape.max()) {
            return true;
        }
        for (String name : shape.required()) {
            if (isEmpty(shape.names().get(name), depth - 1)) {
                return true;
            }
        }
        return shape.witnesses().stream().anyMatch(w -> isEmpty(shape, w));
    }

    private static boolean isEmpty(ObjectShape shape, ObjectShape.Witness witness) {
        if (witness.kind() == Formula.FALSE || !shape.others().isEmpty()) {
            return witness.kind() == Formula.FALSE;
        }
        return shape.names().entrySet().stream()
                .noneMatch(n -> n.getValue() != Formula.FALSE
                        && witness.keys().accepts(n.getKey().getBytes(StandardCharsets.UTF_8)));
    }

    private boolean isEmpty(Formula formula, int depth) {
        if (formula == Formula.TRUE || formula == Formula.FALSE) {
            return formula == Formula.FALSE;
        }
        if (depth < 0 || notEmptyTo.getOrDefault(formula, -1) >= depth) {
            return false;
        }
        questions++;
        try {
            ValueSet set = values(formula);
            boolean empty = hasNoSingleValue(set)
                    && set.arrays().stream().allMatch(shape -> isEmpty(shape, depth))
                    && set.objects().stream().allMatch(shape -> isEmpty(shape, depth));
            if (!empty) {
                notEmptyTo.put(formula, depth);
            }
            return empty;
        } catch (Unknown notYet) {
            return false;
        } finally {
            questions--;
        }
    }

    static boolean hasNoSingleValue(ValueSet set) {
        return !set.nul()
                && !set.yes()
                && !set.no()
                && set.numbers().isEmpty()
                && set.texts().isEmpty();
    }

    /** The conditions on what is inside a value of this shape: all that a grammar for it may need. */
    Set<Formula> inside(ValueSet set) {
        Set<Formula> out = new LinkedHashSet<>();
        set.arrays().forEach(shape -> new ItemKinds(shape, pool).addTo(out));
        set.objects().forEach(shape -> new MemberKinds(shape, pool).addTo(out));
        return out;
    }
}
