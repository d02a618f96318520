package dev.martlet.grammar;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A validator that follows JSON Schema's words as plainly as can be, to compare grammars with. */
final class SchemaReference {

    private final JsonValue root;

    SchemaReference(JsonValue root) {
        this.root = root;
    }

    boolean valid(JsonValue value) {
        return valid(root, value);
    }

    private boolean valid(JsonValue schema, JsonValue value) {
        if (schema instanceof JsonValue.Bool bool) {
            return bool.value();
        }
        Map<String, JsonValue> s = ((JsonValue.Obj) schema).members();
        boolean valid = s.entrySet().stream().allMatch(k -> holds(k.getKey(), k.getValue(), value));
        if (valid && value instanceof JsonValue.Obj object) {
            valid = members(s, object.members());
        }
        if (valid && value instanceof JsonValue.Arr array) {
            valid = items(s, array.items());
        }
        if (valid && s.containsKey("if")) {
            String then = valid(s.get("if"), value) ? "then" : "else";
            valid = !s.containsKey(then) || valid(s.get(then), value);
        }
        return valid;
    }

    private boolean holds(String keyword, JsonValue k, JsonValue value) {
        return switch (keyword) {
            case "type" ->
                (k instanceof JsonValue.Arr types ? types.items() : List.of(k))
                        .stream().anyMatch(t -> isType(((JsonValue.Str) t).value(), value));
            case "const" -> equal(k, value);
            case "enum" -> ((JsonValue.Arr) k).items().stream().anyMatch(e -> equal(e, value));
            case "allOf" -> ((JsonValue.Arr) k).items().stream().allMatch(p -> valid(p, value));
            case "anyOf" -> ((JsonValue.Arr) k).items().stream().anyMatch(p -> valid(p, value));
            case "oneOf" ->
                ((JsonValue.Arr) k)
                                .items().stream().filter(p -> valid(p, value)).count()
                        == 1;
            case "not" -> !valid(k, value);
            case "$ref" ->
                valid(
                        new SchemaDocument(root)
                                .at(((JsonValue.Str) k).value().substring(1))
                                .orElseThrow(),
                        value);
            case "minimum" -> !(value instanceof JsonValue.Num) || number(value).compareTo(number(k)) >= 0;
            case "exclusiveMaximum" ->
                !(value instanceof JsonValue.Num) || number(value).compareTo(number(k)) < 0;
            case "multipleOf" ->
                !(value instanceof JsonValue.Num)
                        || number(value).remainder(number(k)).signum() == 0;
            case "minLength" -> !(value instanceof JsonValue.Str t) || length(t) >= count(k);
            case "maxLength" -> !(value instanceof JsonValue.Str t) || length(t) <= count(k);
            case "pattern" -> !(value instanceof JsonValue.Str t) || matches(((JsonValue.Str) k).value(), t.value());
            case "minItems" -> !(value instanceof JsonValue.Arr a) || a.items().size() >= count(k);
            case "maxItems" -> !(value instanceof JsonValue.Arr a) || a.items().size() <= count(k);
            case "contains" ->
                !(value instanceof JsonValue.Arr a) || a.items().stream().anyMatch(i -> valid(k, i));
            case "minProperties" ->
                !(value instanceof JsonValue.Obj o) || o.members().size() >= count(k);
            case "maxProperties" ->
                !(value instanceof JsonValue.Obj o) || o.members().size() <= count(k);
            case "required" ->
                !(value instanceof JsonValue.Obj o)
                        || ((JsonValue.Arr) k)
                                .items().stream().allMatch(n -> o.members().containsKey(((JsonValue.Str) n).value()));
            case "propertyNames" ->
                !(value instanceof JsonValue.Obj o)
                        || o.members().keySet().stream().allMatch(n -> valid(k, new JsonValue.Str(n)));
            default -> true;
        };
    }

    private boolean members(Map<String, JsonValue> s, Map<String, JsonValue> members) {
        Map<String, JsonValue> named = map(s, "properties");
        Map<String, JsonValue> patterns = map(s, "patternProperties");
        for (Map.Entry<String, JsonValue> member : members.entrySet()) {
            boolean additional = !named.containsKey(member.getKey());
            if (!additional && !valid(named.get(member.getKey()), member.getValue())) {
                return false;
            }
            for (Map.Entry<String, JsonValue> pattern : patterns.entrySet()) {
                if (matches(pattern.getKey(), member.getKey())) {
                    additional = false;
                    if (!valid(pattern.getValue(), member.getValue())) {
                        return false;
                    }
                }
            }
            if (additional
                    && s.containsKey("additionalProperties")
                    && !valid(s.get("additionalProperties"), member.getValue())) {
                return false;
            }
        }
        for (Map.Entry<String, JsonValue> d : map(s, "dependentSchemas").entrySet()) {
            if (members.containsKey(d.getKey()) && !valid(d.getValue(), new JsonValue.Obj(members))) {
                return false;
            }
        }
        return true;
    }

    private boolean items(Map<String, JsonValue> s, List<JsonValue> items) {
        List<JsonValue> first = s.get("prefixItems") instanceof JsonValue.Arr a ? a.items() : List.of();
        for (int i = 0; i < items.size(); i++) {
            JsonValue schema = i < first.size() ? first.get(i) : s.getOrDefault("items", new JsonValue.Bool(true));
            if (!valid(schema, items.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, JsonValue> map(Map<String, JsonValue> s, String keyword) {
        return s.get(keyword) instanceof JsonValue.Obj object ? object.members() : Map.of();
    }

    private static boolean isType(String type, JsonValue value) {
        return switch (value) {
            case JsonValue.Null n -> type.equals("null");
            case JsonValue.Bool b -> type.equals("boolean");
            case JsonValue.Str s -> type.equals("string");
            case JsonValue.Arr a -> type.equals("array");
            case JsonValue.Obj o -> type.equals("object");
            case JsonValue.Num n ->
                type.equals("number")
                        || type.equals("integer")
                                && number(n).stripTrailingZeros().scale() <= 0;
        };
    }

    private static boolean equal(JsonValue a, JsonValue b) {
        return a instanceof JsonValue.Num && b instanceof JsonValue.Num
                ? number(a).compareTo(number(b)) == 0
                : a.equals(b);
    }

    private static BigDecimal number(JsonValue value) {
        return new BigDecimal(((JsonValue.Num) value).text());
    }

    private static int count(JsonValue value) {
        return number(value).intValueExact();
    }

    private static int length(JsonValue.Str text) {
        return text.value().codePointCount(0, text.value().length());
    }

    /** In ECMA-262 a dollar sign is the very end, in Java not quite. */
    private static boolean matches(String regex, String text) {
        return Pattern.compile(regex.replace("$", "\\z")).matcher(text).find();
    }
}
