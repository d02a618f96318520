package dev.martlet.grammar;

import java.util.List;

/** What the keywords for arrays say together. */
final class ArrayKeywords {

    private final SchemaKeywords keywords;
    private final FormulaPool pool;

    ArrayKeywords(SchemaKeywords keywords, FormulaPool pool) {
        this.keywords = keywords;
        this.pool = pool;
    }

    ValueSet values(KeywordReader in) {
        List<Formula> first = List.of();
        Formula rest = Formula.TRUE;
        boolean oldTuple = in.get("items") instanceof JsonValue.Arr;
        if (oldTuple) {
            first = in.schemas("items", pool);
            if (in.has("additionalItems")) {
                rest = in.schema("additionalItems", pool);
            }
        } else {
            if (in.has("prefixItems")) {
                first = in.schemas("prefixItems", pool);
            }
            if (in.has("items")) {
                rest = in.schema("items", pool);
            }
        }
        int min = in.count("minItems", 0);
        int max = in.count("maxItems", Rx.UNBOUNDED);
        List<ArrayShape.Witness> witnesses = contains(in);
        if (in.get("uniqueItems") instanceof JsonValue.Bool unique && unique.value() && max > 1) {
            throw in.bad(GrammarException.Reason.UNSUPPORTED, "uniqueItems", "equal items cannot be kept out");
        }
        ArrayShape shape = new ArrayShape(first, rest, min, max, witnesses);
        ValueSet out = shape.equals(ArrayShape.ANY) ? ValueSet.ALL : ValueSet.ALL.withArrays(List.of(shape));
        if (in.has("contains") && in.count("minContains", 1) > 0 && in.count("maxContains", Rx.UNBOUNDED) == 0) {
            return keywords.and(out, ValueSet.ALL.withArrays(List.of()));
        }
        return out;
    }

    private List<ArrayShape.Witness> contains(KeywordReader in) {
        if (!in.has("contains")) {
            return List.of();
        }
        int min = in.count("minContains", 1);
        int max = in.count("maxContains", Rx.UNBOUNDED);
        if (min > 1 || max != Rx.UNBOUNDED) {
            String keyword = min > 1 ? "minContains" : "maxContains";
            throw in.bad(GrammarException.Reason.UNSUPPORTED, keyword, "only one match can be asked for");
        }
        return min == 0 ? List.of() : List.of(new ArrayShape.Witness(in.schema("contains", pool), 0));
    }
}
