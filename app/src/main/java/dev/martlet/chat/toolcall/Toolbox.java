package dev.martlet.chat.toolcall;

import dev.martlet.chat.Tool;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The declared tools as the readers ask for them: names, and the JSON types a parameter may have. */
final class Toolbox {
    static final int STRING = 1;
    static final int INTEGER = 2;
    static final int NUMBER = 4;
    static final int BOOLEAN = 8;
    static final int NULL = 16;
    static final int ARRAY = 32;
    static final int OBJECT = 64;
    static final int ANY = 127;

    private static final int MAX_DEPTH = 16;

    private final Map<String, Tool> tools = new LinkedHashMap<>();

    Toolbox(List<Tool> tools) {
        tools.forEach(tool -> this.tools.putIfAbsent(tool.name(), tool));
    }

    boolean isEmpty() {
        return tools.isEmpty();
    }

    boolean declares(String name) {
        return tools.containsKey(name);
    }

    /** Whether some declared name begins with this. */
    boolean mayDeclare(String prefix) {
        return tools.keySet().stream().anyMatch(name -> name.startsWith(prefix));
    }

    Iterable<String> names() {
        return tools.keySet();
    }

    boolean builtIn(String name) {
        return tools.get(name) instanceof Tool.BuiltIn;
    }

    /** The schema of a tool's arguments. */
    Optional<JsonObject> schema(String name) {
        return tools.get(name) instanceof Tool.Function function ? function.parameters() : Optional.empty();
    }

    /** The name of the parameter declared at this position. */
    String parameter(String tool, int position) {
        List<String> names = schema(tool)
                .map(schema -> object(schema.get("properties")))
                .map(properties -> List.copyOf(new LinkedHashMap<>(properties).keySet()))
                .orElse(List.of());
        return position < names.size() ? names.get(position) : "arg" + position;
    }

    boolean hasParameter(String tool, String key) {
        return schema(tool)
                .map(schema -> object(schema.get("properties")).containsKey(key))
                .orElse(false);
    }

    /** The schema of a property, {@code true} where none is declared. */
    static JsonValue property(JsonValue schema, JsonObject root, String key) {
        JsonObject object = object(resolve(schema, root, 0));
        JsonValue property = object(object.get("properties")).get(key);
        if (property != null) {
            return property;
        }
        for (String union : List.of("anyOf", "oneOf", "allOf")) {
            for (JsonValue branch : array(object.get(union))) {
                JsonValue found = property(branch, root, key);
                if (found != JsonValue.TRUE) {
                    return found;
                }
            }
        }
        JsonValue additional = object.get("additionalProperties");
        return additional instanceof JsonObject ? additional : JsonValue.TRUE;
    }

    /** The schema of an array's items, {@code true} where none is declared. */
    static JsonValue items(JsonValue schema, JsonObject root) {
        JsonObject object = object(resolve(schema, root, 0));
        JsonValue items = object.get("items");
        if (items != null) {
            return items;
        }
        for (String union : List.of("anyOf", "oneOf", "allOf")) {
            for (JsonValue branch : array(object.get(union))) {
                JsonValue found = items(branch, root);
                if (found != JsonValue.TRUE) {
                    return found;
                }
            }
        }
        return JsonValue.TRUE;
    }

    /** The JSON types a schema allows, as a set of bits. */
    static int types(JsonValue schema, JsonObject root) {
        return types(schema, root, 0);
    }

    private static int types(JsonValue value, JsonObject root, int depth) {
        JsonValue resolved = resolve(value, root, depth);
        if (!(resolved instanceof JsonObject schema) || depth > MAX_DEPTH) {
            return ANY;
        }
        int allowed = ANY;
        if (schema.containsKey("type")) {
            allowed = named(schema.get("type"));
        } else if (schema.containsKey("properties")) {
            allowed = OBJECT;
        }
        if (schema.containsKey("const")) {
            allowed &= of(schema.get("const"));
        } else if (schema.get("enum") instanceof JsonArray values) {
            int listed = 0;
            for (JsonValue each : values) {
                listed |= of(each);
            }
            allowed &= listed;
        }
        for (String union : List.of("anyOf", "oneOf")) {
            if (schema.get(union) instanceof JsonArray branches) {
                int any = 0;
                for (JsonValue branch : branches) {
                    any |= types(branch, root, depth + 1);
                }
                allowed &= any;
            }
        }
        for (JsonValue branch : array(schema.get("allOf"))) {
            allowed &= types(branch, root, depth + 1);
        }
        if (JsonValue.TRUE.equals(schema.get("nullable"))) {
            allowed |= NULL;
        }
        return allowed == 0 ? ANY : allowed;
    }

    private static JsonValue resolve(JsonValue value, JsonObject root, int depth) {
        if (depth > MAX_DEPTH || !(value instanceof JsonObject schema)) {
            return value;
        }
        if (!(schema.get("$ref") instanceof JsonString reference)
                || !reference.getString().startsWith("#/")) {
            return value;
        }
        JsonValue target = root;
        for (String part : reference.getString().substring(2).split("/")) {
            target = object(target).get(part.replace("~1", "/").replace("~0", "~"));
        }
        return target == null ? JsonValue.TRUE : resolve(target, root, depth + 1);
    }

    private static int named(JsonValue type) {
        return switch (type) {
            case JsonString one -> bit(one.getString());
            case JsonArray several -> {
                int bits = 0;
                for (JsonValue each : several) {
                    bits |= each instanceof JsonString name ? bit(name.getString()) : 0;
                }
                yield bits == 0 ? ANY : bits;
            }
            default -> ANY;
        };
    }

    private static int bit(String type) {
        return switch (type) {
            case "string" -> STRING;
            case "integer" -> INTEGER;
            case "number" -> NUMBER | INTEGER;
            case "boolean" -> BOOLEAN;
            case "null" -> NULL;
            case "array" -> ARRAY;
            case "object" -> OBJECT;
            default -> ANY;
        };
    }

    private static int of(JsonValue value) {
        return switch (value.getValueType()) {
            case STRING -> STRING;
            case NUMBER -> NUMBER | INTEGER;
            case TRUE, FALSE -> BOOLEAN;
            case NULL -> NULL;
            case ARRAY -> ARRAY;
            case OBJECT -> OBJECT;
        };
    }

    private static JsonObject object(JsonValue value) {
        return value instanceof JsonObject object ? object : JsonValue.EMPTY_JSON_OBJECT;
    }

    private static JsonArray array(JsonValue value) {
        return value instanceof JsonArray array ? array : JsonValue.EMPTY_JSON_ARRAY;
    }
}
