package dev.martlet.chat.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;

/** Python's two ways to fill a format string: {@code %} and {@code str.format}. */
final class Formats {
    private static final int MAX_WIDTH = 10_000;

    private Formats() {}

    /**
     * One conversion.
     *
     * @param align one of {@code < > ^ =}, 0 for the type's own
     * @param precision digits, or -1
     * @param type the letter, 0 for none
     */
    private record Spec(
            int fill, char align, char sign, boolean alternate, char grouping, int width, int precision, char type) {}

    /** {@code format % values}. */
    static Text percent(Run run, Text format, Value values) {
        boolean tuple = values instanceof Sequence s && s.kind == Sequence.Kind.TUPLE;
        List<Value> arguments = tuple ? ((Sequence) values).items() : List.of(values);
        String s = format.string;
        var out = new TextBuilder(run);
        int used = 0;
        int plain = 0;
        for (int i = s.indexOf('%'); i >= 0; i = s.indexOf('%', plain)) {
            run.step();
            out.append(format.substring(plain, i));
            int at = i + 1;
            Value value = null;
            if (at < s.length() && s.charAt(at) == '(') {
                int close = s.indexOf(')', at);
                if (close < 0) {
                    throw Failure.of("incomplete format key");
                }
                if (!(values instanceof Dict dict)) {
                    throw Failure.of("format requires a mapping");
                }
                value = dict.get(Text.trusted(s.substring(at + 1, close)));
                if (value == null) {
                    throw Failure.of("KeyError: " + s.substring(at + 1, close));
                }
                at = close + 1;
            }
            boolean left = false;
            boolean zero = false;
            boolean alternate = false;
            char sign = '-';
            for (; at < s.length() && "-+ #0".indexOf(s.charAt(at)) >= 0; at++) {
                char flag = s.charAt(at);
                left |= flag == '-';
                zero |= flag == '0';
                alternate |= flag == '#';
                sign = flag == '+' || flag == ' ' && sign != '+' ? flag : sign;
            }
            int digits = at;
            while (at < s.length() && Character.digit(s.charAt(at), 10) >= 0) {
                at++;
            }
            int width = integer(s, digits, at, 0);
            int precision = -1;
            if (at < s.length() && s.charAt(at) == '.') {
                digits = ++at;
                while (at < s.length() && Character.digit(s.charAt(at), 10) >= 0) {
                    at++;
                }
                precision = integer(s, digits, at, 0);
            }
            if (at >= s.length()) {
                throw Failure.of("incomplete format");
            }
            char type = s.charAt(at++);
            plain = at;
            if (type == '%') {
                out.append(format.substring(at - 1, at));
                continue;
            }
            if (value == null) {
                if (used >= arguments.size()) {
                    throw Failure.of("not enough arguments for format string");
                }
                value = arguments.get(used++);
            }
            char align = left ? '<' : zero && type != 's' && type != 'r' ? '=' : '>';
            int fill = align == '=' ? '0' : ' ';
            switch (type) {
                case 's' ->
                    text(
                            run,
                            Printer.string(run, value),
                            new Spec(' ', align, sign, false, '\0', width, precision, 's'),
                            out);
                case 'r' ->
                    text(run, repr(run, value), new Spec(' ', align, sign, false, '\0', width, precision, 's'), out);
                case 'd', 'i', 'u' ->
                    number(run, truncated(value), new Spec(fill, align, sign, false, '\0', width, -1, 'd'), out);
                case 'f', 'F', 'e', 'E', 'g', 'G', 'x', 'X', 'o' ->
                    number(run, value, new Spec(fill, align, sign, alternate, '\0', width, precision, type), out);
                default -> throw Failure.of("unsupported format character '" + type + "'");
            }
        }
        if (used < arguments.size() && !(values instanceof Dict) && (tuple || used == 0)) {
            throw Failure.of("not all arguments converted during string formatting");
        }
        return out.append(format.substring(plain, s.length())).toText().withMarkup(format.markup);
    }

    private static Value truncated(Value value) {
        Value number = Operations.number(value);
        if (number instanceof Value.Float f) {
            return Value.BigInt.of(new BigDecimal(f.value()).toBigInteger());
        }
        if (number == null) {
            throw Failure.type("%d format: a real number is required", value);
        }
        return number;
    }

    private static Text repr(Run run, Value value) {
        if (value instanceof Text) {
            var out = new TextBuilder(run);
            Printer.print(run, Sequence.list(List.of(value)), out);
            Text list = out.toText();
            return list.substring(1, list.string.length() - 1);
        }
        return Printer.string(run, value);
    }

    /** {@code format.format(...)}. */
    static Text braces(Run run, Text format, Args args) {
        String s = format.string;
        var out = new TextBuilder(run);
        int plain = 0;
        int automatic = 0;
        int i = 0;
        while (i < s.length()) {
            char c = s.charAt(i);
            if (c != '{' && c != '}') {
                i++;
                continue;
            }
            run.step();
            out.append(format.substring(plain, i));
            if (i + 1 < s.length() && s.charAt(i + 1) == c) {
                out.append(format.substring(i, i + 1));
                i += 2;
                plain = i;
                continue;
            }
            int close = c == '{' ? s.indexOf('}', i) : -1;
            if (close < 0) {
                throw Failure.of("Single '" + c + "' encountered in format string");
            }
            String field = s.substring(i + 1, close);
            int colon = field.indexOf(':');
            String spec = colon < 0 ? "" : field.substring(colon + 1);
            String name = colon < 0 ? field : field.substring(0, colon);
            boolean repr = name.endsWith("!r");
            name = repr || name.endsWith("!s") ? name.substring(0, name.length() - 2) : name;
            int end = firstOf(name);
            String head = name.substring(0, end);
            if (head.isEmpty()) {
                head = Integer.toString(automatic++);
            }
            Value value = lookUp(run, argument(args, head), name.substring(end));
            formatted(run, repr ? repr(run, value) : value, spec, out);
            i = close + 1;
            plain = i;
        }
        return out.append(format.substring(plain, s.length())).toText().withMarkup(format.markup);
    }

    private static int firstOf(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) == '.' || name.charAt(i) == '[') {
                return i;
            }
        }
        return name.length();
    }

    private static Value argument(Args args, String name) {
        Value value;
        if (Character.digit(name.charAt(0), 10) >= 0) {
            int index = integer(name, 0, name.length(), 0);
            value = index < args.count() ? args.positional()[index] : null;
        } else {
            value = args.named(name);
        }
        if (value == null) {
            throw Failure.of("format() has no argument '" + name + "'");
        }
        return value;
    }

    private static Value lookUp(Run run, Value value, String path) {
        Value found = value;
        int at = 0;
        while (at < path.length()) {
            if (path.charAt(at) == '.') {
                String rest = path.substring(at + 1);
                String name = rest.substring(0, firstOf(rest));
                found = Access.attribute(run, found, name, Text.trusted(name));
                at += 1 + name.length();
            } else {
                int close = path.indexOf(']', at);
                if (path.charAt(at) != '[' || close < 0) {
                    throw Failure.of("bad field in format string");
                }
                String key = path.substring(at + 1, close);
                boolean number = !key.isEmpty() && key.chars().allMatch(Character::isDigit);
                found = Access.item(
                        run, found, number ? Value.Int.of(integer(key, 0, key.length(), 0)) : Text.trusted(key));
                at = close + 1;
            }
        }
        return found;
    }

    private static int integer(String s, int from, int to, int otherwise) {
        if (from == to) {
            return otherwise;
        }
        if (to - from > 5) {
            throw Failure.limit("number too large in format string");
        }
        int number = Integer.parseInt(s, from, to, 10);
        if (number > MAX_WIDTH) {
            throw Failure.limit("format wider than " + MAX_WIDTH);
        }
        return number;
    }

    private static void formatted(Run run, Value value, String text, TextBuilder out) {
        if (text.isEmpty()) {
            Printer.print(run, value, out);
            return;
        }
        int at = 0;
        int fill = ' ';
        char align = '\0';
        int second = text.offsetByCodePoints(0, 1);
        if (second < text.length() && "<>^=".indexOf(text.charAt(second)) >= 0) {
            fill = text.codePointAt(0);
            align = text.charAt(second);
            at = second + 1;
        } else if ("<>^=".indexOf(text.charAt(0)) >= 0) {
            align = text.charAt(at++);
        }
        char sign = '-';
        if (at < text.length() && "+- ".indexOf(text.charAt(at)) >= 0) {
            sign = text.charAt(at++);
        }
        boolean alternate = at < text.length() && text.charAt(at) == '#';
        at += alternate ? 1 : 0;
        if (at < text.length() && text.charAt(at) == '0' && align == '\0') {
            fill = '0';
            align = '=';
        }
        int digits = at;
        while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0) {
            at++;
        }
        int width = integer(text, digits, at, 0);
        char grouping = '\0';
        if (at < text.length() && (text.charAt(at) == ',' || text.charAt(at) == '_')) {
            grouping = text.charAt(at++);
        }
        int precision = -1;
        if (at < text.length() && text.charAt(at) == '.') {
            digits = ++at;
            while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0) {
                at++;
            }
            precision = integer(text, digits, at, 0);
        }
        char type = at < text.length() ? text.charAt(at++) : '\0';
        if (at < text.length()) {
            throw Failure.of("Invalid format specifier '" + text + "'");
        }
        var spec = new Spec(fill, align, sign, alternate, grouping, width, precision, type);
        if (Operations.number(value) != null && type != 's') {
            number(run, value, spec, out);
        } else if (type == 's' || type == '\0') {
            text(run, Printer.string(run, value), spec, out);
        } else {
            throw Failure.of("Unknown format code '" + type + "' for object of type '" + value.typeName() + "'");
        }
    }

    private static void text(Run run, Text text, Spec spec, TextBuilder out) {
        Text shown = text;
        if (spec.precision() >= 0 && spec.precision() < text.length()) {
            shown = text.substring(0, Strings.offset(run, text, text.length(), spec.precision()));
        }
        int share = spec.align() == '>' ? 2 : spec.align() == '^' ? 1 : 0;
        int missing = Math.max(0, spec.width() - shown.length());
        int before = share == 2 ? missing : share == 1 ? missing / 2 : 0;
        String fill = Character.toString(spec.fill());
        out.neutral(fill.repeat(before)).append(shown).neutral(fill.repeat(missing - before));
    }

    private static void number(Run run, Value value, Spec spec, TextBuilder out) {
        Value number = Operations.number(value);
        if (number == null) {
            throw Failure.type("format: a number is required", value);
        }
        // Exact decimals of a double have up to a thousand digits.
        run.work(64);
        boolean floating = number instanceof Value.Float;
        char type = spec.type() == '\0' ? floating ? 'r' : 'd' : spec.type();
        String digits = switch (type) {
            case 'd', 'n' -> {
                if (floating) {
                    throw Failure.of("Unknown format code 'd' for object of type 'float'");
                }
                yield Printer.repr(number);
            }
            case 'x' -> whole(number).toString(16);
            case 'X' -> whole(number).toString(16).toUpperCase(java.util.Locale.ROOT);
            case 'o' -> whole(number).toString(8);
            case 'b' -> whole(number).toString(2);
            case 'r' -> spec.precision() < 0 ? Printer.repr(number) : general(decimal(number), spec.precision());
            case 'f', 'F' -> fixed(decimal(number), spec.precision() < 0 ? 6 : spec.precision());
            case '%' -> fixed(decimal(number).movePointRight(2), spec.precision() < 0 ? 6 : spec.precision()) + "%";
            case 'e', 'E' -> scientific(decimal(number), spec.precision() < 0 ? 6 : spec.precision(), type);
            case 'g', 'G' -> general(decimal(number), spec.precision() < 0 ? 6 : spec.precision());
            default -> throw Failure.of("Unknown format code '" + type + "'");
        };
        boolean negative = digits.startsWith("-");
        String body = negative ? digits.substring(1) : digits;
        if (spec.grouping() != '\0') {
            body = grouped(body, spec.grouping());
        }
        String prefix = spec.alternate() && (type == 'x' || type == 'o' || type == 'b') ? "0" + type : "";
        String sign = (negative ? "-" : spec.sign() == '-' ? "" : String.valueOf(spec.sign())) + prefix;
        int missing = Math.max(0, spec.width() - sign.length() - body.length());
        String padding = Character.toString(spec.fill()).repeat(missing);
        out.neutral(
                switch (spec.align()) {
                    case '<' -> sign + body + padding;
                    case '^' ->
                        padding.substring(0, padding.length() / 2)
                                + sign
                                + body
                                + padding.substring(padding.length() / 2);
                    case '=' -> sign + padding + body;
                    default -> padding + sign + body;
                });
    }

    private static String grouped(String body, char separator) {
        int end = 0;
        while (end < body.length() && Character.digit(body.charAt(end), 10) >= 0) {
            end++;
        }
        var grouped = new StringBuilder(body);
        for (int i = end - 3; i > 0; i -= 3) {
            grouped.insert(i, separator);
        }
        return grouped.toString();
    }

    private static BigInteger whole(Value number) {
        return switch (number) {
            case Value.Int i -> BigInteger.valueOf(i.value());
            case Value.BigInt i -> i.value();
            default -> throw Failure.of("expected int, not float");
        };
    }

    private static BigDecimal decimal(Value number) {
        if (number instanceof Value.Float f) {
            if (Double.isNaN(f.value()) || Double.isInfinite(f.value())) {
                throw Failure.of("cannot format " + Printer.floating(f.value()));
            }
            return new BigDecimal(f.value());
        }
        return new BigDecimal(whole(number));
    }

    private static String fixed(BigDecimal value, int precision) {
        return value.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
    }

    private static String scientific(BigDecimal value, int precision, char letter) {
        BigDecimal rounded = value.round(new java.math.MathContext(precision + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        String mantissa = fixed(rounded.movePointLeft(exponent), precision);
        int size = Math.abs(exponent);
        return mantissa + letter + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + size;
    }

    private static String general(BigDecimal value, int precision) {
        int digits = Math.max(precision, 1);
        BigDecimal rounded = value.round(new java.math.MathContext(digits, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        BigDecimal stripped = rounded.stripTrailingZeros();
        if (exponent < -4 || exponent >= digits) {
            return scientific(stripped, Math.max(stripped.precision() - 1, 0), 'e');
        }
        return stripped.scale() < 0 ? stripped.setScale(0).toPlainString() : stripped.toPlainString();
    }
}
