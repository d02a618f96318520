package dev.martlet.openai;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The fields of one JSON object of a request: typed reads whose errors name the field by its path, and a note of which
 * fields were read. A null is an absent field, as clients send both.
 */
final class Fields {
    private final JsonObject object;
    private final String path;
    private final Set<String> read = new HashSet<>();

    /** @param path where the object is in the request, e.g. {@code tools[0].function}; empty for the request itself */
    Fields(JsonObject object, String path) {
        this.object = object;
        this.path = path;
    }

    /** A field's path in the request. */
    String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** The fields that are there and were never read, by path. */
    List<String> unread() {
        List<String> names = new ArrayList<>();
        object.forEach((name, value) -> {
            if (!read.contains(name) && value.getValueType() != JsonValue.ValueType.NULL) {
                names.add(path(name));
            }
        });
        return names;
    }

    /** The names of the fields that were asked for, whether they are there or not. */
    Set<String> asked() {
        return Set.copyOf(read);
    }

    /** Whether the field is there; does not count as a read. */
    boolean has(String name) {
        JsonValue value = object.get(name);
        return value != null && value.getValueType() != JsonValue.ValueType.NULL;
    }

    Optional<JsonValue> value(String name) {
        read.add(name);
        return has(name) ? Optional.of(object.get(name)) : Optional.empty();
    }

    Optional<String> string(String name) {
        return value(name).map(value -> asString(value, path(name)));
    }

    String requiredString(String name) {
        return string(name).orElseThrow(() -> missing(path(name)));
    }

    Optional<Boolean> flag(String name) {
        return value(name).map(value -> switch (value.getValueType()) {
            case TRUE -> true;
            case FALSE -> false;
            case STRING, NUMBER, OBJECT, ARRAY, NULL -> throw wrongType(path(name), "a boolean", value);
        });
    }

    Optional<JsonObject> object(String name) {
        return value(name).map(value -> asObject(value, path(name)));
    }

    Optional<JsonArray> array(String name) {
        return value(name).map(value -> asArray(value, path(name)));
    }

    /** A finite number of a closed range. */
    OptionalDouble number(String name, double min, double max) {
        Optional<JsonValue> value = value(name);
        return value.isPresent()
                ? OptionalDouble.of(asNumber(value.get(), path(name), min, max))
                : OptionalDouble.empty();
    }

    /** An integer of a closed range. */
    OptionalInt integer(String name, int min, int max) {
        Optional<JsonValue> value = value(name);
        return value.isPresent()
                ? OptionalInt.of((int) asInteger(value.get(), path(name), min, max))
                : OptionalInt.empty();
    }

    /** Any 64-bit integer. */
    OptionalLong longInteger(String name) {
        Optional<JsonValue> value = value(name);
        return value.isPresent()
                ? OptionalLong.of(asInteger(value.get(), path(name), Long.MIN_VALUE, Long.MAX_VALUE))
                : OptionalLong.empty();
    }

    static String asString(JsonValue value, String path) {
        if (value instanceof JsonString string) {
            return string.getString();
        }
        throw wrongType(path, "a string", value);
    }

    static JsonObject asObject(JsonValue value, String path) {
        if (value instanceof JsonObject found) {
            return found;
        }
        throw wrongType(path, "an object", value);
    }

    static JsonArray asArray(JsonValue value, String path) {
        if (value instanceof JsonArray array) {
            return array;
        }
        throw wrongType(path, "an array", value);
    }

    static double asNumber(JsonValue value, String path, double min, double max) {
        if (!(value instanceof JsonNumber number)) {
            throw wrongType(path, "a number", value);
        }
        double found;
        try {
            found = number.doubleValue();
        } catch (ArithmeticException | UnsupportedOperationException | NumberFormatException e) {
            found = Double.NaN; // more digits than the parser will convert
        }
        if (!(found >= min && found <= max)) {
            throw outOfRange(path, "a number", plain(min), plain(max), shorten(number.toString()));
        }
        return found;
    }

    static long asInteger(JsonValue value, String path, long min, long max) {
        if (!(value instanceof JsonNumber number)) {
            throw wrongType(path, "an integer", value);
        }
        double size = asNumber(value, path, -Double.MAX_VALUE, Double.MAX_VALUE);
        if (size != Math.rint(size)) {
            throw wrongType(path, "an integer", value);
        }
        long found;
        try {
            found = number.longValueExact();
        } catch (ArithmeticException | UnsupportedOperationException | NumberFormatException e) {
            throw outOfRange(path, "an integer", Long.toString(min), Long.toString(max), shorten(number.toString()));
        }
        if (found < min || found > max) {
            throw outOfRange(path, "an integer", Long.toString(min), Long.toString(max), Long.toString(found));
        }
        return found;
    }

    static ApiException missing(String path) {
        return ApiError.invalid(path, "missing_required_parameter", "Missing required parameter: '" + path + "'.")
                .toException();
    }

    static ApiException wrongType(String path, String expected, JsonValue found) {
        String kind = switch (found.getValueType()) {
            case STRING -> "a string";
            case NUMBER -> "the number " + shorten(found.toString());
            case TRUE, FALSE -> "a boolean";
            case OBJECT -> "an object";
            case ARRAY -> "an array";
            case NULL -> "null";
        };
        return ApiError.invalid(
                        path,
                        "invalid_type",
                        "Invalid type for '" + path + "': expected " + expected + ", but got " + kind + " instead.")
                .toException();
    }

    static ApiException invalidValue(String path, String message) {
        return ApiError.invalid(path, "invalid_value", "Invalid value for '" + path + "': " + message)
                .toException();
    }

    private static ApiException outOfRange(String path, String kind, String min, String max, String found) {
        return invalidValue(
                path, "expected " + kind + " from " + min + " to " + max + ", but got " + found + " instead.");
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) && Math.abs(bound) < 1e9
                ? Long.toString((long) bound)
                : Double.toString(bound);
    }

    static String shorten(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }

    /** The elements of an array as tokens of a vocabulary of this size. */
    static List<Integer> tokens(JsonArray array, String path, int vocabularySize) {
        List<Integer> tokens = new ArrayList<>(array.size());
        for (JsonValue element : array) {
            tokens.add((int) asInteger(element, path + "[" + tokens.size() + "]", 0, vocabularySize - 1));
        }
        return tokens;
    }
}
