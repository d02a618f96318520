package dev.martlet.chat.template;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** JSON in and out: the context's values, {@code tojson} and {@code from_json}. */
final class Json {
    /** Looked up once: the static methods of jakarta.json.Json search for it on every call. */
    private static final JsonProvider PROVIDER = JsonProvider.provider();

    /** Names of who speaks: with them templates spell control tokens, as in {@code '<|' + message.role + '|>'}. */
    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool", "function");

    private Json() {}

    /**
     * A variable of the context.
     *
     * @param trusted whether its strings are the template's own; of others, the roles of messages still are
     */
    static Value load(Run run, JsonValue json, boolean trusted) {
        return toValue(run, json, trusted, true);
    }

    private static Value toValue(Run run, JsonValue json, boolean trusted, boolean context) {
        run.allocate(Run.ELEMENT);
        return switch (json.getValueType()) {
            case STRING -> {
                String string = ((JsonString) json).getString();
                if (context) {
                    run.grant(string.length());
                } else {
                    run.allocate(string.length());
                }
                yield Text.of(string, trusted);
            }
            case NUMBER -> number((JsonNumber) json);
            case TRUE -> Value.Bool.TRUE;
            case FALSE -> Value.Bool.FALSE;
            case NULL -> Value.None.NONE;
            case ARRAY -> {
                run.enter(Run.LEVEL);
                JsonArray array = json.asJsonArray();
                var items = new ArrayList<Value>(array.size());
                for (JsonValue item : array) {
                    items.add(toValue(run, item, trusted, context));
                }
                run.leave(Run.LEVEL);
                yield Sequence.list(items);
            }
            case OBJECT -> {
                run.enter(Run.LEVEL);
                JsonObject object = json.asJsonObject();
                var dict = new Dict(object.size());
                for (var entry : object.entrySet()) {
                    boolean ours = trusted || context && isRole(entry.getKey(), entry.getValue());
                    dict.entries().put(Text.of(entry.getKey(), trusted), toValue(run, entry.getValue(), ours, context));
                }
                run.leave(Run.LEVEL);
                yield dict;
            }
        };
    }

    /** A word of a closed set: whoever puts it where no role stands has won nothing, it spells no token by itself. */
    private static boolean isRole(String key, JsonValue value) {
        return key.equals("role") && value instanceof JsonString word && ROLES.contains(word.getString());
    }

    private static Value number(JsonNumber number) {
        // Python tells ints from floats by how they are written: 2.0 and 2e0 are floats.
        if (!number.isIntegral()) {
            return new Value.Float(number.doubleValue());
        }
        return Value.BigInt.of(number.bigIntegerValue());
    }

    /** {@code json.loads}. */
    static Value parse(Run run, Text text) {
        run.work(text.string.length() >> 2);
        JsonValue json = read(text.string).orElseThrow(() -> Failure.of("from_json: the text is no JSON"));
        return toValue(run, json, text.uniform() && text.first(), false);
    }

    /** Reads a JSON text; empty where it is none, or nested too deeply. */
    static Optional<JsonValue> read(String text) {
        try (var reader = PROVIDER.createReader(new StringReader(text))) {
            return Optional.of(reader.readValue());
        } catch (RuntimeException e) {
            // Parsson throws a plain RuntimeException for a text that is nested too deeply.
            return Optional.empty();
        }
    }

    /**
     * {@code json.dumps}.
     *
     * @param indent what a level is indented by, or null for one line
     */
    record Style(boolean ascii, String indent, String itemSeparator, String keySeparator, boolean sortKeys) {
        static final Style PLAIN = new Style(false, null, ", ", ": ", false);
    }

    static void write(Run run, Value value, Style style, int level, TextBuilder out) {
        run.step();
        switch (value) {
            case Text text -> quote(text, style.ascii(), out);
            case Value.None none -> out.neutral("null");
            case Value.Bool b -> out.neutral(b.truthy() ? "true" : "false");
            case Value.Float f -> out.neutral(floating(f.value()));
            case Value.Int i -> out.neutral(Long.toString(i.value()));
            case Value.BigInt i -> out.neutral(i.value().toString());
            case Sequence list
            when list.kind == Sequence.Kind.LIST || list.kind == Sequence.Kind.TUPLE -> {
                run.enter(Run.LEVEL);
                writeItems(run, list.items(), style, level, out);
                run.leave(Run.LEVEL);
            }
            case Dict dict -> {
                run.enter(Run.LEVEL);
                writeDict(run, dict, style, level, out);
                run.leave(Run.LEVEL);
            }
            default -> throw Failure.of("Object of type " + value.typeName() + " is not JSON serializable");
        }
    }

    private static void writeItems(Run run, List<Value> items, Style style, int level, TextBuilder out) {
        out.neutral('[');
        for (int i = 0; i < items.size(); i++) {
            separate(style, level + 1, i > 0, out);
            write(run, items.get(i), style, level + 1, out);
        }
        close(style, level, items.isEmpty(), ']', out);
    }

    private static void writeDict(Run run, Dict dict, Style style, int level, TextBuilder out) {
        out.neutral('{');
        boolean more = false;
        var entries = new ArrayList<>(dict.entries().entrySet());
        if (style.sortKeys()) {
            entries.sort((a, b) -> Operations.compare(run, "<", a.getKey(), b.getKey()));
        }
        for (var entry : entries) {
            separate(style, level + 1, more, out);
            more = true;
            switch (entry.getKey()) {
                case Text key -> quote(key, style.ascii(), out);
                case Value.None none -> out.neutral("\"null\"");
                case Value.Bool key -> out.neutral(key.truthy() ? "\"true\"" : "\"false\"");
                default -> out.neutral("\"" + Printer.repr(entry.getKey()) + "\"");
            }
            out.neutral(style.keySeparator());
            write(run, entry.getValue(), style, level + 1, out);
        }
        close(style, level, entries.isEmpty(), '}', out);
    }

    private static void separate(Style style, int level, boolean more, TextBuilder out) {
        if (more) {
            out.neutral(style.itemSeparator());
        }
        if (style.indent() != null) {
            out.neutral('\n').neutral(style.indent().repeat(level));
        }
    }

    private static void close(Style style, int level, boolean empty, char bracket, TextBuilder out) {
        if (!empty && style.indent() != null) {
            out.neutral('\n').neutral(style.indent().repeat(level));
        }
        out.neutral(bracket);
    }

    private static String floating(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        return Double.isInfinite(value) ? value > 0 ? "Infinity" : "-Infinity" : Printer.floating(value);
    }

    private static void quote(Text text, boolean ascii, TextBuilder out) {
        out.neutral('"');
        text.forEachSpan((from, to, trusted) -> escape(text.string, from, to, ascii, trusted, out));
        out.neutral('"');
    }

    private static void escape(String s, int from, int to, boolean ascii, boolean trusted, TextBuilder out) {
        int plain = from;
        for (int i = from; i < to; i++) {
            char c = s.charAt(i);
            if (c >= ' ' && c != '"' && c != '\\' && (c < 0x7f || !ascii)) {
                continue;
            }
            out.append(s, plain, i, trusted);
            plain = i + 1;
            out.append(
                    switch (c) {
                        case '"' -> "\\\"";
                        case '\\' -> "\\\\";
                        case '\n' -> "\\n";
                        case '\r' -> "\\r";
                        case '\t' -> "\\t";
                        case '\b' -> "\\b";
                        case '\f' -> "\\f";
                        case 0x7f -> "\u007f";
                        default -> String.format("\\u%04x", (int) c);
                    },
                    trusted);
        }
        out.append(s, plain, to, trusted);
    }
}
