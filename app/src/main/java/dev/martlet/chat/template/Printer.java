package dev.martlet.chat.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Map;

/** Python's {@code str} and {@code repr}. */
final class Printer {
    private Printer() {}

    /** Writes {@code str(value)}. */
    static void print(Run run, Value value, TextBuilder out) {
        if (value instanceof Text text) {
            out.append(text);
        } else if (!(value instanceof Value.Undefined)) {
            repr(run, value, out);
        }
    }

    /** {@code str(value)}. */
    static Text string(Run run, Value value) {
        if (value instanceof Text text) {
            return text;
        }
        var out = new TextBuilder(run);
        print(run, value, out);
        return out.toText();
    }

    /** {@code repr(value)} of a scalar, for messages. */
    static String repr(Value value) {
        return switch (value) {
            case Text text -> quoted(text.string);
            case Value.Int i -> Long.toString(i.value());
            case Value.BigInt i -> i.value().toString();
            case Value.Float f -> floating(f.value());
            case Value.Bool b -> b.truthy() ? "True" : "False";
            case Value.None none -> "None";
            case Value.Undefined undefined -> "Undefined";
            case Sequence sequence -> "<" + sequence.typeName() + " object>";
            case Dict dict -> "<dict object>";
            case Value.Namespace namespace -> "<Namespace>";
            case Value.Callable function -> "<function " + function.name() + ">";
            case Value.Fields fields -> "<" + fields.typeName() + ">";
        };
    }

    private static void repr(Run run, Value value, TextBuilder out) {
        switch (value) {
            case Text text -> quote(text, out);
            case Sequence sequence -> reprItems(run, sequence, out);
            case Dict dict -> reprDict(run, dict.entries(), out);
            case Value.Namespace namespace -> {
                out.neutral("<Namespace ");
                run.enter(Run.LEVEL);
                reprEntries(run, namespace.attributes, out);
                run.leave(Run.LEVEL);
                out.neutral('>');
            }
            default -> out.neutral(repr(value));
        }
    }

    private static void reprItems(Run run, Sequence sequence, TextBuilder out) {
        run.enter(Run.LEVEL);
        List<Value> items = sequence.items();
        switch (sequence.kind) {
            case LIST -> reprList(run, items, out);
            case TUPLE -> {
                out.neutral('(');
                reprElements(run, items, out);
                out.neutral(items.size() == 1 ? ",)" : ")");
            }
            case RANGE -> out.neutral(sequence.label);
            case GENERATOR -> out.neutral("<generator object>");
            case VIEW -> {
                out.neutral(sequence.label).neutral('(');
                reprList(run, items, out);
                out.neutral(')');
            }
        }
        run.leave(Run.LEVEL);
    }

    private static void reprList(Run run, List<Value> items, TextBuilder out) {
        out.neutral('[');
        reprElements(run, items, out);
        out.neutral(']');
    }

    private static void reprElements(Run run, List<Value> items, TextBuilder out) {
        for (int i = 0; i < items.size(); i++) {
            run.step();
            if (i > 0) {
                out.neutral(", ");
            }
            repr(run, items.get(i), out);
        }
    }

    private static void reprDict(Run run, Map<Value, Value> entries, TextBuilder out) {
        out.neutral('{');
        run.enter(Run.LEVEL);
        boolean more = false;
        for (var entry : entries.entrySet()) {
            run.step();
            if (more) {
                out.neutral(", ");
            }
            more = true;
            repr(run, entry.getKey(), out);
            out.neutral(": ");
            repr(run, entry.getValue(), out);
        }
        run.leave(Run.LEVEL);
        out.neutral('}');
    }

    private static void reprEntries(Run run, Map<String, Value> entries, TextBuilder out) {
        out.neutral('{');
        boolean more = false;
        for (var entry : entries.entrySet()) {
            if (more) {
                out.neutral(", ");
            }
            more = true;
            out.neutral(quoted(entry.getKey())).neutral(": ");
            repr(run, entry.getValue(), out);
        }
        out.neutral('}');
    }

    private static char quoteFor(String string) {
        return string.indexOf('\'') >= 0 && string.indexOf('"') < 0 ? '"' : '\'';
    }

    private static void quote(Text text, TextBuilder out) {
        char quote = quoteFor(text.string);
        out.neutral(quote);
        text.forEachSpan((from, to, trusted) -> out.append(escaped(text.string.substring(from, to), quote), trusted));
        out.neutral(quote);
    }

    private static String quoted(String string) {
        char quote = quoteFor(string);
        return quote + escaped(string, quote) + quote;
    }

    private static String escaped(String string, char quote) {
        var out = new StringBuilder(string.length() + 2);
        for (int i = 0; i < string.length(); ) {
            int c = string.codePointAt(i);
            i += Character.charCount(c);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (printable(c)) {
                        out.appendCodePoint(c);
                    } else if (c < 0x100) {
                        out.append(String.format("\\x%02x", c));
                    } else {
                        out.append(c < 0x10000 ? String.format("\\u%04x", c) : String.format("\\U%08x", c));
                    }
                }
            }
        }
        return out.toString();
    }

    /** Python's {@code str.isprintable} of one character. */
    static boolean printable(int c) {
        if (c < 0x7f) {
            return c >= ' ';
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    /** {@code repr} of a float: the shortest digits that give it back; an exponent from 1e16 up and below 1e-4. */
    static String floating(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (digits.precision() == 2) {
            // Java writes two digits also where one is enough.
            BigDecimal one = digits.round(new MathContext(1));
            digits = one.doubleValue() == value ? one : digits;
        }
        int exponent = digits.precision() - digits.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = digits.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String unscaled = digits.unscaledValue().abs().toString();
        String mantissa = unscaled.length() == 1 ? unscaled : unscaled.charAt(0) + "." + unscaled.substring(1);
        String sign = value < 0 ? "-" : "";
        return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }
}
