package dev.martlet.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the keywords for objects say together. */
final class ObjectKeywords {

    private final SchemaKeywords keywords;
    private final Evaluator evaluator;
    private final FormulaPool pool;
    private final Budget budget;

    ObjectKeywords(SchemaKeywords keywords, Evaluator evaluator, FormulaPool pool, Budget budget) {
        this.keywords = keywords;
        this.evaluator = evaluator;
        this.pool = pool;
        this.budget = budget;
    }

    ValueSet values(KeywordReader in) {
        ObjectShape shape = listed(in);
        if (in.has("minProperties") || in.has("maxProperties")) {
            shape = shape.withBounds(in.count("minProperties", 0), in.count("maxProperties", Rx.UNBOUNDED));
        }
        shape.names().keySet().forEach(name -> checkName(name, in));
        ValueSet out = shape.equals(ObjectShape.ANY) ? ValueSet.ALL : ValueSet.ALL.withObjects(List.of(shape));
        if (in.has("propertyNames")) {
            out = keywords.and(out, in.at("propertyNames", () -> named(in.schema("propertyNames", pool))));
        }
        return dependent(in, out);
    }

    /** What properties, patternProperties, additionalProperties and required say. */
    ObjectShape listed(KeywordReader in) {
        ObjectShape shape = members(in);
        return in.has("required") ? shape.requiring(in.names("required")) : shape;
    }

    private static void checkName(String name, KeywordReader in) {
        in.at("properties", () -> {
            Texts.checkScalar(name);
            if (name.chars().anyMatch(c -> c < 0x20 && "\b\f\n\r\t".indexOf(c) < 0)) {
                throw in.bad(GrammarException.Reason.UNSUPPORTED, "properties", "a name with a control character");
            }
            return name;
        });
    }

    private ObjectShape members(KeywordReader in) {
        String otherKeyword = "additionalProperties";
        if (in.has("unevaluatedProperties")) {
            if (in.has(otherKeyword) || SchemaKeywords.looksThrough(in.schema().members())) {
                throw in.bad(
                        GrammarException.Reason.UNSUPPORTED,
                        "unevaluatedProperties",
                        "only supported beside nothing but properties and patternProperties");
            }
            otherKeyword = "unevaluatedProperties";
        }
        Formula additional = in.has(otherKeyword) ? in.schema(otherKeyword, pool) : Formula.TRUE;
        Map<String, Formula> names = new LinkedHashMap<>(in.schemaMap("properties", pool));
        Map<String, Formula> patterns = in.schemaMap("patternProperties", pool);
        if (names.isEmpty() && patterns.isEmpty() && additional == Formula.TRUE) {
            return ObjectShape.ANY;
        }
        // Each class is the names that match a certain part of the patterns; none of them at first.
        List<ObjectShape.KeyClass> classes = new ArrayList<>();
        Dfa unmatched = JsonText.ANY_TEXT;
        for (Map.Entry<String, Formula> pattern : patterns.entrySet()) {
            Dfa keys = in.at("patternProperties", () -> RegexParser.searching(pattern.getKey(), budget));
            for (Map.Entry<String, Formula> name : names.entrySet()) {
                if (keys.accepts(name.getKey().getBytes(StandardCharsets.UTF_8))) {
                    name.setValue(pool.and(name.getValue(), pattern.getValue()));
                }
            }
            List<ObjectShape.KeyClass> split = new ArrayList<>();
            for (ObjectShape.KeyClass old : classes) {
                add(split, ObjectShape.both(old.keys(), keys, budget), pool.and(old.kind(), pattern.getValue()));
                add(split, Dfa.combine(old.keys(), keys, Dfa.Operation.MINUS, budget), old.kind());
            }
            add(split, ObjectShape.both(unmatched, keys, budget), pattern.getValue());
            unmatched = Dfa.combine(unmatched, keys, Dfa.Operation.MINUS, budget);
            classes = split;
            ObjectShape.checkClasses(classes.size());
        }
        add(classes, unmatched, additional);
        return new ObjectShape(names, classes, Set.of(), 0, Rx.UNBOUNDED, List.of());
    }

    private static void add(List<ObjectShape.KeyClass> classes, Dfa keys, Formula kind) {
        if (!keys.isEmpty() && kind != Formula.FALSE) {
            classes.add(new ObjectShape.KeyClass(keys, kind));
        }
    }

    /** The objects whose names are all in a set of strings. */
    private ValueSet named(Formula condition) {
        Dfa keys = evaluator.values(condition).texts().exact(budget);
        List<ObjectShape.KeyClass> classes =
                keys.isEmpty() ? List.of() : List.of(new ObjectShape.KeyClass(keys, Formula.TRUE));
        return ValueSet.ALL.withObjects(
                List.of(new ObjectShape(Map.of(), classes, Set.of(), 0, Rx.UNBOUNDED, List.of())));
    }

    private ValueSet dependent(KeywordReader in, ValueSet values) {
        ValueSet out = values;
        for (String keyword : List.of("dependentRequired", "dependentSchemas", "dependencies")) {
            for (Map.Entry<String, JsonValue> entry : in.members(keyword).entrySet()) {
                String pointer = in.pointer() + "/" + keyword + "/" + SchemaDocument.escaped(entry.getKey());
                ValueSet then;
                if (entry.getValue() instanceof JsonValue.Arr) {
                    List<String> names = new KeywordReader(
                                    new JsonValue.Obj(Map.of(keyword, entry.getValue())), in.pointer())
                            .names(keyword);
                    then = ValueSet.ALL.withObjects(List.of(ObjectShape.ANY.requiring(names)));
                } else {
                    then = evaluator.values(pool.schema(entry.getValue(), pointer));
                }
                ValueSet with = ValueSet.NONE.withObjects(List.of(ObjectShape.ANY.requiring(List.of(entry.getKey()))));
                ValueSet without = ValueSet.ALL.withObjects(List.of(ObjectShape.with(entry.getKey(), Formula.FALSE)));
                out = keywords.and(out, without.or(keywords.and(with, then), budget));
            }
        }
        return out;
    }
}
