package dev.martlet.grammar;

import java.util.List;
import java.util.Map;

/** A JSON value as {@link JsonReader} reads it: members in the order of the text, numbers as written. */
sealed interface JsonValue {

    record Null() implements JsonValue {}

    record Bool(boolean value) implements JsonValue {}

    /** A number with the text it was written as. */
    record Num(String text) implements JsonValue {}

    record Str(String value) implements JsonValue {}

    record Arr(List<JsonValue> items) implements JsonValue {}

    /** An object; a repeated name keeps its last value. */
    record Obj(Map<String, JsonValue> members) implements JsonValue {}
}
