package dev.martlet.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the keywords of one schema object say together: the values that satisfy each of them. */
final class SchemaKeywords {

    /** Keywords that restrict values and that nothing here enforces. All unknown words are annotations. */
    private static final Set<String> UNSUPPORTED = Set.of(
            "$dynamicRef", "$recursiveRef", "unevaluatedItems", "$vocabulary", "extends", "disallow", "divisibleBy");

    private final SchemaDocument document;
    private final Evaluator evaluator;
    private final FormulaPool pool;
    private final Budget budget;

    SchemaKeywords(SchemaDocument document, Evaluator evaluator, FormulaPool pool, Budget budget) {
        this.document = document;
        this.evaluator = evaluator;
        this.pool = pool;
        this.budget = budget;
    }

    ValueSet values(JsonValue.Obj schema, String pointer) {
        KeywordReader in = new KeywordReader(schema, pointer);
        for (String keyword : UNSUPPORTED) {
            if (in.has(keyword)) {
                throw in.bad(GrammarException.Reason.UNSUPPORTED, keyword, "this keyword is not supported");
            }
        }
        ValueSet out = ValueSet.ALL;
        if (in.has("$ref")) {
            String target = document.pointer(in.text("$ref"), pointer);
            out = evaluator.values(schema(document.at(target).orElseThrow(), target));
            if (!document.siblingsOfRefCount()) {
                return out;
            }
        }
        out = out.and(types(in), pool, evaluator, budget);
        out = out.and(constants(in), pool, evaluator, budget);
        out = and(out, numbers(in));
        out = and(out, texts(in));
        if (!out.arrays().isEmpty()) {
            out = and(out, new ArrayKeywords(this, pool).values(in));
        }
        if (!out.objects().isEmpty()) {
            out = and(out, new ObjectKeywords(this, evaluator, pool, budget).values(in));
        }
        for (Map.Entry<String, Formula> part : combined(in).entrySet()) {
            ValueSet before = out;
            out = in.at(part.getKey(), () -> and(before, evaluator.values(part.getValue())));
        }
        return out;
    }

    /** The members that a schema itself asks for, be there such objects or not. */
    ObjectShape members(JsonValue.Obj schema, String pointer) {
        return new ObjectKeywords(this, evaluator, pool, budget).listed(new KeywordReader(schema, pointer));
    }

    ValueSet and(ValueSet a, ValueSet b) {
        return a.and(b, pool, evaluator, budget);
    }

    Formula schema(JsonValue json, String pointer) {
        return pool.schema(json, pointer);
    }

    private ValueSet types(KeywordReader in) {
        if (!in.has("type")) {
            return ValueSet.ALL;
        }
        ValueSet out = ValueSet.NONE;
        for (JsonValue type : in.get("type") instanceof JsonValue.Arr list ? list.items() : List.of(in.get("type"))) {
            if (!(type instanceof JsonValue.Str name)) {
                throw in.bad(GrammarException.Reason.INVALID, "type", "expected a type's name or a list of them");
            }
            out = out.or(in.at("type", () -> ValueSet.ofType(name.value())), budget);
        }
        return out;
    }

    private ValueSet constants(KeywordReader in) {
        ValueSet out = ValueSet.ALL;
        if (in.has("const")) {
            out = in.at("const", () -> evaluator.constant(in.get("const"), in.pointer() + "/const"));
        }
        if (in.has("enum")) {
            out = and(out, in.at("enum", () -> oneOf(in.list("enum"), in.pointer() + "/enum")));
        }
        return out;
    }

    private ValueSet oneOf(List<JsonValue> values, String pointer) {
        Set<String> strings = new LinkedHashSet<>();
        List<ValueSet> sets = new ArrayList<>();
        for (JsonValue value : values) {
            if (value instanceof JsonValue.Str string) {
                strings.add(string.value());
            } else {
                sets.add(evaluator.constant(value, pointer));
            }
        }
        if (!strings.isEmpty()) {
            sets.add(ValueSet.NONE.withTexts(Texts.of(strings, budget)));
        }
        return union(sets, 0, sets.size());
    }

    /** Halves first, so that each set is copied a few times only. */
    private ValueSet union(List<ValueSet> sets, int from, int to) {
        if (to - from <= 1) {
            return from == to ? ValueSet.NONE : sets.get(from);
        }
        int middle = (from + to) / 2;
        return union(sets, from, middle).or(union(sets, middle, to), budget);
    }

    private ValueSet numbers(KeywordReader in) {
        Numbers out = Numbers.ALL;
        boolean below = in.get("exclusiveMinimum") instanceof JsonValue.Bool old && old.value();
        boolean above = in.get("exclusiveMaximum") instanceof JsonValue.Bool old && old.value();
        if (in.has("minimum")) {
            BigDecimal bound = in.number("minimum");
            out = in.at("minimum", () -> Numbers.atLeast(bound, below, budget));
        }
        if (in.has("exclusiveMinimum") && !(in.get("exclusiveMinimum") instanceof JsonValue.Bool)) {
            BigDecimal bound = in.number("exclusiveMinimum");
            out = out.and(in.at("exclusiveMinimum", () -> Numbers.atLeast(bound, true, budget)), budget);
        }
        if (in.has("maximum")) {
            BigDecimal bound = in.number("maximum");
            out = out.and(in.at("maximum", () -> Numbers.atMost(bound, above, budget)), budget);
        }
        if (in.has("exclusiveMaximum") && !(in.get("exclusiveMaximum") instanceof JsonValue.Bool)) {
            BigDecimal bound = in.number("exclusiveMaximum");
            out = out.and(in.at("exclusiveMaximum", () -> Numbers.atMost(bound, true, budget)), budget);
        }
        if (in.has("multipleOf")) {
            BigDecimal step = in.number("multipleOf");
            if (step.signum() <= 0) {
                throw in.bad(GrammarException.Reason.INVALID, "multipleOf", "must be above 0");
            }
            out = out.and(in.at("multipleOf", () -> Numbers.multiplesOf(step, budget)), budget);
        }
        return out == Numbers.ALL ? ValueSet.ALL : ValueSet.ALL.withNumbers(out);
    }

    private ValueSet texts(KeywordReader in) {
        Texts out = Texts.ALL;
        if (in.has("pattern")) {
            out = Texts.of(in.at("pattern", () -> RegexParser.searching(in.text("pattern"), budget)));
        }
        if (in.get("format") instanceof JsonValue.Str format) {
            Texts before = out;
            out = in.at(
                    "format",
                    () -> TextFormats.of(format.value())
                            .map(dfa -> before.and(Texts.of(dfa), budget))
                            .orElse(before));
        }
        if (in.has("minLength") || in.has("maxLength")) {
            int min = in.count("minLength", 0);
            int max = in.count("maxLength", Rx.UNBOUNDED);
            if (min > CountedText.MAX_LENGTH) {
                throw in.bad(GrammarException.Reason.TOO_COMPLEX, "minLength", "too long");
            }
            Texts bounded = new Texts(JsonText.ANY_TEXT, min, max > CountedText.MAX_LENGTH ? Rx.UNBOUNDED : max);
            Texts before = out;
            String blamed = in.has("maxLength") ? "maxLength" : "minLength";
            out = in.at(blamed, () -> before.and(bounded, budget));
        }
        return out.equals(Texts.ALL) ? ValueSet.ALL : ValueSet.ALL.withTexts(out);
    }

    /** What the keywords say that look at the same value through other schemas, by keyword. */
    private Map<String, Formula> combined(KeywordReader in) {
        Map<String, Formula> out = new LinkedHashMap<>();
        if (in.has("allOf")) {
            out.put("allOf", pool.and(in.schemas("allOf", pool)));
        }
        if (in.has("anyOf")) {
            out.put("anyOf", pool.or(in.schemas("anyOf", pool)));
        }
        if (in.has("oneOf")) {
            out.put("oneOf", exactlyOne(in.schemas("oneOf", pool)));
        }
        if (in.has("not")) {
            out.put("not", pool.not(in.schema("not", pool)));
        }
        if (in.has("if")) {
            Formula test = in.schema("if", pool);
            Formula then = in.has("then") ? in.schema("then", pool) : Formula.TRUE;
            Formula otherwise = in.has("else") ? in.schema("else", pool) : Formula.TRUE;
            out.put("if", pool.and(pool.or(List.of(pool.not(test), then)), pool.or(List.of(test, otherwise))));
        }
        return out;
    }

    /** That one condition holds and no other; those that exclude each other anyway need no saying so. */
    private Formula exactlyOne(List<Formula> parts) {
        List<Formula> options = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            List<Formula> all = new ArrayList<>(List.of(parts.get(i)));
            for (int j = 0; j < parts.size(); j++) {
                if (i != j && !evaluator.isCertainlyEmpty(pool.and(parts.get(i), parts.get(j)))) {
                    all.add(pool.not(parts.get(j)));
                }
            }
            options.add(pool.and(all));
        }
        return pool.or(options);
    }

    /** @return whether a schema object has a keyword that looks at the same value through other schemas */
    static boolean looksThrough(Map<String, JsonValue> schema) {
        return List.of("$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "dependencies").stream()
                .anyMatch(schema::containsKey);
    }
}
