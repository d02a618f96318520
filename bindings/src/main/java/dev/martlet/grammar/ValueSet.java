package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A set of JSON values, by type: single values are exact sets, arrays and objects a union of shapes whose parts are
 * conditions not yet worked out. Closed under and, or, not.
 */
record ValueSet(
        boolean nul,
        boolean yes,
        boolean no,
        Numbers numbers,
        Texts texts,
        List<ArrayShape> arrays,
        List<ObjectShape> objects) {

    static final ValueSet NONE = new ValueSet(false, false, false, Numbers.NONE, Texts.NONE, List.of(), List.of());
    static final ValueSet ALL =
            new ValueSet(true, true, true, Numbers.ALL, Texts.ALL, List.of(ArrayShape.ANY), List.of(ObjectShape.ANY));

    private static final int MOST_SHAPES = 256;

    ValueSet {
        arrays = List.copyOf(arrays);
        objects = List.copyOf(objects);
        if (arrays.size() > MOST_SHAPES || objects.size() > MOST_SHAPES) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX,
                    "",
                    "",
                    "the alternatives multiply to over " + MOST_SHAPES + " kinds of value");
        }
    }

    ValueSet withNumbers(Numbers value) {
        return new ValueSet(nul, yes, no, value, texts, arrays, objects);
    }

    ValueSet withTexts(Texts value) {
        return new ValueSet(nul, yes, no, numbers, value, arrays, objects);
    }

    ValueSet withArrays(List<ArrayShape> value) {
        return new ValueSet(nul, yes, no, numbers, texts, value, objects);
    }

    ValueSet withObjects(List<ObjectShape> value) {
        return new ValueSet(nul, yes, no, numbers, texts, arrays, value);
    }

    /** The values of one of JSON Schema's types. */
    static ValueSet ofType(String type) {
        return switch (type) {
            case "null" -> new ValueSet(true, false, false, Numbers.NONE, Texts.NONE, List.of(), List.of());
            case "boolean" -> new ValueSet(false, true, true, Numbers.NONE, Texts.NONE, List.of(), List.of());
            case "number" -> NONE.withNumbers(Numbers.ALL);
            case "integer" -> NONE.withNumbers(Numbers.INTEGERS);
            case "string" -> NONE.withTexts(Texts.ALL);
            case "array" -> NONE.withArrays(ALL.arrays);
            case "object" -> NONE.withObjects(ALL.objects);
            default ->
                throw new GrammarException(
                        GrammarException.Reason.INVALID, "", "type", "there is no type \"" + type + "\"");
        };
    }

    ValueSet or(ValueSet o, Budget budget) {
        if (this == NONE || o == ALL) {
            return o;
        }
        if (o == NONE || this == ALL) {
            return this;
        }
        return new ValueSet(
                nul || o.nul,
                yes || o.yes,
                no || o.no,
                numbers.or(o.numbers, budget),
                texts.or(o.texts, budget),
                union(arrays, o.arrays, ArrayShape.ANY),
                union(objects, o.objects, ObjectShape.ANY));
    }

    private static <T> List<T> union(List<T> a, List<T> b, T any) {
        if (a.contains(any) || b.contains(any)) {
            return List.of(any);
        }
        Set<T> all = new LinkedHashSet<>(a);
        all.addAll(b);
        return List.copyOf(all);
    }

    /** @param emptiness what tells that a shape has no values, as far as that is known so far */
    ValueSet and(ValueSet o, FormulaPool pool, Emptiness emptiness, Budget budget) {
        if (this == ALL || o == NONE) {
            return o;
        }
        if (o == ALL || this == NONE) {
            return this;
        }
        Set<ArrayShape> bothArrays = new LinkedHashSet<>();
        for (ArrayShape a : arrays) {
            for (ArrayShape b : o.arrays) {
                budget.spend(10);
                ArrayShape both = a.and(b, pool);
                if (!emptiness.certain(both)) {
                    bothArrays.add(both);
                }
            }
        }
        Set<ObjectShape> bothObjects = new LinkedHashSet<>();
        for (ObjectShape a : objects) {
            for (ObjectShape b : o.objects) {
                budget.spend(20 + a.names().size() + b.names().size());
                ObjectShape both = a.and(b, pool, budget);
                if (!emptiness.certain(both)) {
                    bothObjects.add(both);
                }
            }
        }
        return new ValueSet(
                nul && o.nul,
                yes && o.yes,
                no && o.no,
                numbers.and(o.numbers, budget),
                texts.and(o.texts, budget),
                new ArrayList<>(bothArrays),
                new ArrayList<>(bothObjects));
    }

    /** Whether shapes are known to be empty. */
    interface Emptiness {
        boolean certain(ArrayShape shape);

        boolean certain(ObjectShape shape);
    }
}
