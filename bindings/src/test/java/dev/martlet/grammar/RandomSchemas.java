package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random schemas over a small world of values, and random values of it. */
final class RandomSchemas {

    private static final List<String> NAMES = List.of("a", "b", "ab", "c\n", "é/");
    private static final List<String> TEXTS = List.of("", "a", "ab", "b", "\"\\", "é", "abc", "😀b\n", "1");
    private static final List<String> NUMBERS = List.of("0", "1", "-1", "2", "10", "0.5", "-2.5", "12", "3.25");
    private static final List<String> PATTERNS = List.of("^a", "b$", "^[ab]*$", "a|é", "^.{2}$", "^[^a]", "\\n");

    private final Random random;

    RandomSchemas(Random random) {
        this.random = random;
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static JsonValue number(int value) {
        return new JsonValue.Num(Integer.toString(value));
    }

    /** A schema with two definitions that refer to each other now and then. */
    JsonValue schema() {
        Map<String, JsonValue> root = new LinkedHashMap<>(((JsonValue.Obj) schema(3)).members());
        Map<String, JsonValue> definitions = new LinkedHashMap<>();
        definitions.put("x", schema(2));
        definitions.put("y", schema(1));
        root.put("$defs", new JsonValue.Obj(definitions));
        return new JsonValue.Obj(root);
    }

    private JsonValue schema(int depth) {
        Map<String, JsonValue> s = new LinkedHashMap<>();
        if (random.nextInt(3) > 0) {
            s.put("type", type());
        }
        int keywords = random.nextInt(4);
        for (int i = 0; i < keywords; i++) {
            add(s, depth);
        }
        return new JsonValue.Obj(s);
    }

    private JsonValue type() {
        List<String> types = List.of("object", "array", "string", "integer", "number", "boolean", "null", "object");
        if (random.nextInt(3) > 0) {
            return new JsonValue.Str(one(types));
        }
        return new JsonValue.Arr(List.of(new JsonValue.Str(one(types)), new JsonValue.Str(one(types))));
    }

    private void add(Map<String, JsonValue> s, int depth) {
        switch (random.nextInt(depth > 0 ? 24 : 12)) {
            case 0 -> s.put("minimum", new JsonValue.Num(one(NUMBERS)));
            case 1 -> s.put("exclusiveMaximum", new JsonValue.Num(one(NUMBERS)));
            case 2 -> s.put("multipleOf", new JsonValue.Num(one(List.of("1", "2", "0.5", "3", "1.25"))));
            case 3 -> s.put("minLength", number(random.nextInt(3)));
            case 4 -> s.put("maxLength", number(random.nextInt(4)));
            case 5 -> s.put("pattern", new JsonValue.Str(one(PATTERNS)));
            case 6 -> s.put("minItems", number(random.nextInt(3)));
            case 7 -> s.put("maxItems", number(random.nextInt(4)));
            case 8 -> s.put("minProperties", number(random.nextInt(3)));
            case 9 -> s.put("maxProperties", number(random.nextInt(4)));
            case 10 -> s.put("enum", new JsonValue.Arr(List.of(value(1), value(1), value(2))));
            case 11 -> s.put("const", value(2));
            case 12, 13, 14 -> s.put("properties", map(NAMES, depth - 1));
            case 15 -> s.put("patternProperties", map(PATTERNS, depth - 1));
            case 16 ->
                s.put("additionalProperties", random.nextBoolean() ? new JsonValue.Bool(false) : schema(depth - 1));
            case 17 -> s.put("required", new JsonValue.Arr(List.of(new JsonValue.Str(one(NAMES)))));
            case 18 -> s.put("items", schema(depth - 1));
            case 19 -> s.put("prefixItems", schemas(depth - 1));
            case 20 -> s.put(one(List.of("anyOf", "oneOf", "allOf")), schemas(depth - 1));
            case 21 -> {
                s.put("if", schema(depth - 1));
                s.put(one(List.of("then", "else")), schema(depth - 1));
            }
            case 22 -> s.put(one(List.of("not", "contains", "propertyNames")), schema(depth - 1));
            default -> s.put("$ref", new JsonValue.Str(one(List.of("#/$defs/x", "#/$defs/y"))));
        }
    }

    private JsonValue map(List<String> names, int depth) {
        Map<String, JsonValue> out = new LinkedHashMap<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
            out.put(one(names), schema(depth));
        }
        return new JsonValue.Obj(out);
    }

    private JsonValue schemas(int depth) {
        List<JsonValue> out = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
            out.add(schema(depth));
        }
        return new JsonValue.Arr(out);
    }

    JsonValue value(int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 4)) {
            case 0 -> new JsonValue.Bool(random.nextBoolean());
            case 1 -> new JsonValue.Num(one(NUMBERS));
            case 2 -> new JsonValue.Str(one(TEXTS));
            case 3 -> new JsonValue.Null();
            case 4 -> {
                List<JsonValue> items = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    items.add(value(depth - 1));
                }
                yield new JsonValue.Arr(items);
            }
            default -> {
                Map<String, JsonValue> members = new LinkedHashMap<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    members.put(random.nextInt(4) == 0 ? one(TEXTS) : one(NAMES), value(depth - 1));
                }
                yield new JsonValue.Obj(members);
            }
        };
    }
}
