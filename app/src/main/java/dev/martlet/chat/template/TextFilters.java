package dev.martlet.chat.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;

/** Jinja's filters that make strings and numbers, and the two of JSON. */
final class TextFilters {
    private static final int MAX_INDENT = 64;

    private TextFilters() {}

    static void define(Map<String, Builtin> table) {
        texts(table);
        escapes(table);
        numbers(table);
        json(table);
    }

    private static void texts(Map<String, Builtin> table) {
        Builtin.define(table, "string", "", (run, self, args) -> Printer.string(run, self));
        Builtin.define(
                table,
                "trim",
                "/ chars",
                (run, self, args) -> Methods.STRING.get("strip").call(run, Printer.string(run, self), Args.of(args)));
        for (String name : List.of("upper", "lower", "capitalize")) {
            Builtin method = Methods.STRING.get(name);
            Builtin.define(
                    table, name, "", (run, self, args) -> method.call(run, Printer.string(run, self), Args.NONE));
        }
        Builtin.define(table, "title", "", (run, self, args) -> {
            Text text = Printer.string(run, self);
            run.allocate(text.string.length());
            boolean[] inWord = {false};
            return text.map(part -> title(part, inWord));
        });
        Builtin.define(
                table,
                "center",
                "/ width",
                (run, self, args) -> Strings.pad(run, Printer.string(run, self), Builtin.integer(args[0], 80), " ", 1));
        Builtin.define(
                table,
                "replace",
                "old new / count",
                (run, self, args) -> Strings.replace(
                        run,
                        Printer.string(run, self),
                        Printer.string(run, args[0]),
                        Printer.string(run, args[1]),
                        args[2] == null || args[2] == Value.None.NONE ? -1 : Builtin.integer(args[2], -1)));
        Builtin.define(table, "join", "/ d attribute", (run, self, args) -> {
            Value items = self;
            if (args[1] != null && args[1] != Value.None.NONE) {
                var attribute = new Args(new Value[0], new String[] {"attribute"}, new Value[] {args[1]});
                items = Filters.TABLE.get("map").call(run, self, attribute);
            }
            Text separator = args[0] == null ? Text.EMPTY : Printer.string(run, args[0]);
            return Strings.join(run, separator, Operations.iterate(run, items), true);
        });
        Builtin.define(table, "indent", "/ width first blank", (run, self, args) -> {
            Text unit;
            if (args[0] instanceof Text text) {
                unit = text;
            } else {
                int width = Math.max(0, Builtin.integer(args[0], 4));
                run.allocate(width);
                unit = Text.trusted(" ".repeat(width));
            }
            return indent(
                    run, Printer.string(run, self), unit, Builtin.flag(args[1], false), Builtin.flag(args[2], false));
        });
        Builtin.raw(table, "format", (run, self, args) -> {
            Text format = Printer.string(run, self);
            if (args.count() > 0 && args.names().length > 0) {
                throw Failure.of("can't handle positional and keyword arguments at the same time");
            }
            if (args.names().length == 0) {
                return Formats.percent(run, format, Sequence.tuple(List.of(args.positional())));
            }
            var dict = new Dict();
            for (int i = 0; i < args.names().length; i++) {
                dict.put(Text.trusted(args.names()[i]), args.named()[i]);
            }
            return Formats.percent(run, format, dict);
        });
        Builtin.define(table, "truncate", "/ length killwords end leeway", (run, self, args) -> {
            Text text = Printer.string(run, self);
            int length = Builtin.integer(args[0], 255);
            Text end = Builtin.string(args[2], Text.trusted("..."));
            if (text.length() <= length + Builtin.integer(args[3], 5)) {
                return text;
            }
            Text cut = (Text) Access.slice(run, text, null, Value.Int.of(Math.max(0, length - end.length())), null);
            if (!Builtin.flag(args[1], false) && cut.string.lastIndexOf(' ') >= 0) {
                cut = cut.substring(0, cut.string.lastIndexOf(' '));
            }
            return Operations.concat(run, cut, end);
        });
        Builtin.define(table, "wordcount", "", (run, self, args) -> {
            String s = Printer.string(run, self).string;
            run.work(s.length() >> 2);
            long words = 0;
            boolean in = false;
            for (int i = 0; i < s.length(); i++) {
                boolean word = Character.isLetterOrDigit(s.charAt(i)) || s.charAt(i) == '_';
                words += word && !in ? 1 : 0;
                in = word;
            }
            return Value.Int.of(words);
        });
    }

    private static String title(String part, boolean[] inWord) {
        var out = new StringBuilder(part.length());
        part.codePoints().forEach(c -> {
            boolean between = Strings.isSpace(c) || "-({[<".indexOf(c) >= 0;
            out.appendCodePoint(between ? c : inWord[0] ? Character.toLowerCase(c) : Character.toUpperCase(c));
            inWord[0] = !between;
        });
        return out.toString();
    }

    private static Text indent(Run run, Text text, Text unit, boolean first, boolean blank) {
        List<Value> lines = Strings.splitLines(run, text, false);
        boolean ended = text.string.endsWith("\n");
        var out = new TextBuilder(run);
        if (first) {
            out.append(unit);
        }
        for (int i = 0; i < lines.size(); i++) {
            run.step();
            Text line = (Text) lines.get(i);
            if (i > 0) {
                out.neutral('\n');
                if (blank || !line.isEmpty()) {
                    out.append(unit);
                }
            }
            out.append(line);
        }
        if (ended) {
            out.neutral('\n');
            if (blank) {
                out.append(unit);
            }
        }
        return out.toText();
    }

    private static void escapes(Map<String, Builtin> table) {
        Builtin.define(
                table,
                "safe",
                "",
                (run, self, args) -> Printer.string(run, self).withMarkup(true));
        Builtin.define(table, "escape", "", (run, self, args) -> Strings.escape(run, Printer.string(run, self)));
        table.put("e", table.get("escape"));
        Builtin.define(
                table,
                "forceescape",
                "",
                (run, self, args) ->
                        Strings.escape(run, Printer.string(run, self).withMarkup(false)));
    }

    private static void numbers(Map<String, Builtin> table) {
        Builtin.define(table, "int", "/ default base", (run, self, args) -> {
            Value otherwise = args[0] != null ? args[0] : Value.Int.of(0);
            return toInt(self, Builtin.integer(args[1], 10), otherwise);
        });
        Builtin.define(table, "float", "/ default", (run, self, args) -> {
            Value otherwise = args[0] != null ? args[0] : new Value.Float(0);
            Value number = self instanceof Text text ? parseFloat(text.string) : Operations.number(self);
            return number == null ? otherwise : new Value.Float(Operations.toDouble(number));
        });
        Builtin.define(table, "abs", "", (run, self, args) -> {
            Value number = Operations.number(self);
            if (number == null) {
                throw Failure.type("abs: expected a number", self);
            }
            return Operations.compare(run, "<", number, Value.Int.of(0)) < 0 ? Operations.negate(run, number) : number;
        });
        Builtin.define(table, "round", "/ precision method", (run, self, args) -> {
            String method = args[1] == null ? "common" : Builtin.string(args[1]).string;
            RoundingMode mode = switch (method) {
                case "common" -> RoundingMode.HALF_EVEN;
                case "ceil" -> RoundingMode.CEILING;
                case "floor" -> RoundingMode.FLOOR;
                default -> throw Failure.of("method must be common, ceil or floor");
            };
            Value number = Operations.number(self);
            if (number == null) {
                throw Failure.type("round: expected a number", self);
            }
            if (method.equals("common") && !(number instanceof Value.Float)) {
                return number;
            }
            double value = Operations.toDouble(number);
            if (Double.isNaN(value) || Double.isInfinite(value)) {
                return number;
            }
            run.work(256);
            int precision = Math.clamp(Builtin.integer(args[0], 0), -400, 400);
            return new Value.Float(
                    new BigDecimal(value).setScale(precision, mode).doubleValue());
        });
    }

    private static Value toInt(Value value, int base, Value otherwise) {
        if (value instanceof Text text) {
            Value parsed = parseInt(text.string, base);
            Value number = parsed != null ? parsed : parseFloat(text.string);
            return number == null ? otherwise : toInt(number, base, otherwise);
        }
        Value number = Operations.number(value);
        if (number instanceof Value.Float f) {
            if (Math.abs(f.value()) < 1L << 53) {
                return Value.Int.of((long) f.value());
            }
            boolean finite = !Double.isNaN(f.value()) && !Double.isInfinite(f.value());
            return finite ? Value.BigInt.of(new BigDecimal(f.value()).toBigInteger()) : otherwise;
        }
        return number != null ? number : otherwise;
    }

    private static Value parseInt(String string, int base) {
        String digits = string.strip().replace("_", "");
        String lower = digits.toLowerCase(java.util.Locale.ROOT);
        if (base == 16 && lower.startsWith("0x")
                || base == 8 && lower.startsWith("0o")
                || base == 2 && lower.startsWith("0b")) {
            digits = digits.substring(2);
        }
        if (digits.length() > 4300) {
            return null;
        }
        try {
            return Value.BigInt.of(new BigInteger(digits, base));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static Value parseFloat(String string) {
        String s = string.strip();
        // Java also takes "1f" and "0x1p3"; Python also takes "inf" and "nan".
        if (s.isEmpty() || s.length() > 1000 || !s.chars().allMatch(c -> "0123456789+-.eE".indexOf(c) >= 0)) {
            return switch (s.toLowerCase(java.util.Locale.ROOT)) {
                case "inf", "+inf", "infinity" -> new Value.Float(Double.POSITIVE_INFINITY);
                case "-inf", "-infinity" -> new Value.Float(Double.NEGATIVE_INFINITY);
                case "nan" -> new Value.Float(Double.NaN);
                default -> null;
            };
        }
        try {
            return new Value.Float(Double.parseDouble(s));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static void json(Map<String, Builtin> table) {
        Builtin.define(table, "tojson", "/ ensure_ascii indent separators sort_keys", (run, self, args) -> {
            var out = new TextBuilder(run);
            Json.write(run, self, style(args), 0, out);
            return out.toText();
        });
        Builtin.define(table, "from_json", "", (run, self, args) -> Json.parse(run, Builtin.string(self)));
    }

    private static Json.Style style(Value[] args) {
        if (args[0] == null && args[1] == null && args[2] == null && args[3] == null) {
            return Json.Style.PLAIN;
        }
        String indent = null;
        if (args[1] instanceof Text text) {
            indent = text.string;
        } else if (args[1] != null && args[1] != Value.None.NONE) {
            indent = " ".repeat(Math.clamp(Builtin.integer(args[1], 0), 0, MAX_INDENT));
        }
        if (indent != null && indent.length() > MAX_INDENT) {
            throw Failure.limit("indent wider than " + MAX_INDENT);
        }
        String item = indent == null ? ", " : ",";
        String key = ": ";
        if (args[2] instanceof Sequence separators && separators.items().size() == 2) {
            item = Builtin.string(separators.items().get(0)).string;
            key = Builtin.string(separators.items().get(1)).string;
        } else if (args[2] != null && args[2] != Value.None.NONE) {
            throw Failure.type("separators: expected two strings", args[2]);
        }
        return new Json.Style(Builtin.flag(args[0], false), indent, item, key, Builtin.flag(args[3], false));
    }
}
