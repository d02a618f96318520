package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;

/** Reads the parts of a regular expression that stand for one character: brackets and escapes. */
final class RegexClass {

    private static final CodePoints DIGIT = CodePoints.range('0', '9');
    private static final CodePoints WORD =
            DIGIT.or(CodePoints.range('a', 'z')).or(CodePoints.range('A', 'Z')).or(CodePoints.of('_'));
    private static final CodePoints SPACE = CodePoints.union(List.of(
            new int[] {9, 13},
            new int[] {32, 32},
            new int[] {0xa0, 0xa0},
            new int[] {0x1680, 0x1680},
            new int[] {0x2000, 0x200a},
            new int[] {0x2028, 0x2029},
            new int[] {0x202f, 0x202f},
            new int[] {0x205f, 0x205f},
            new int[] {0x3000, 0x3000},
            new int[] {0xfeff, 0xfeff}));

    private static final Map<String, CodePoints> PROPERTIES = new ConcurrentHashMap<>();

    private final RegexParser in;

    RegexClass(RegexParser in) {
        this.in = in;
    }

    /** The rest of a bracket expression whose opening bracket is read. */
    CodePoints bracket() {
        boolean negated = in.take('^');
        List<int[]> ranges = new ArrayList<>();
        while (!in.take(']')) {
            CodePoints low = member();
            int mark = in.at();
            if (isSingle(low) && in.take('-') && !in.take(']')) {
                CodePoints high = member();
                if (isSingle(high)) {
                    if (high.low(0) < low.low(0)) {
                        throw in.bad(GrammarException.Reason.INVALID, "[", "a range runs backwards");
                    }
                    ranges.add(new int[] {low.low(0), high.low(0)});
                } else {
                    ranges.add(new int[] {'-', '-'});
                    low.addTo(ranges);
                    high.addTo(ranges);
                }
            } else {
                in.goTo(mark);
                low.addTo(ranges);
            }
        }
        CodePoints points = CodePoints.union(ranges);
        return negated ? points.not() : points;
    }

    private static boolean isSingle(CodePoints points) {
        return points.ranges() == 1 && points.low(0) == points.high(0);
    }

    private CodePoints member() {
        int c = in.next();
        if (c < 0) {
            throw in.bad(GrammarException.Reason.INVALID, "[", "bracket is not closed");
        }
        if (c != '\\') {
            return CodePoints.of(c);
        }
        return in.take('b') ? CodePoints.of('\b') : escape();
    }

    /** The rest of an escape whose backslash is read. */
    CodePoints escape() {
        int c = in.next();
        return switch (c) {
            case 'd' -> DIGIT;
            case 'D' -> DIGIT.not();
            case 'w' -> WORD;
            case 'W' -> WORD.not();
            case 's' -> SPACE;
            case 'S' -> SPACE.not();
            case 't' -> CodePoints.of('\t');
            case 'n' -> CodePoints.of('\n');
            case 'v' -> CodePoints.of(0x0b);
            case 'f' -> CodePoints.of('\f');
            case 'r' -> CodePoints.of('\r');
            case '0' -> CodePoints.of(0);
            case 'c' -> CodePoints.of(in.next() & 0x1f);
            case 'x' -> CodePoints.of(hex(2));
            case 'u' -> CodePoints.of(unicode());
            case 'p' -> property();
            case 'P' -> property().not();
            default -> {
                if (c < 0 || Character.isLetterOrDigit(c)) {
                    throw in.bad(GrammarException.Reason.UNSUPPORTED, "\\", "unknown escape");
                }
                yield CodePoints.of(c);
            }
        };
    }

    private int hex(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(in.next(), 16);
            if (digit < 0) {
                throw in.bad(GrammarException.Reason.INVALID, "\\", "expected a hexadecimal digit");
            }
            value = value * 16 + digit;
        }
        return value;
    }

    private int unicode() {
        if (in.take('{')) {
            int value = 0;
            while (!in.take('}')) {
                value = value * 16 + hex(1);
                if (value > Utf8.MAX_CODE_POINT) {
                    throw in.bad(GrammarException.Reason.INVALID, "\\u", "not a code point");
                }
            }
            return value;
        }
        int value = hex(4);
        int mark = in.at();
        if (Character.isHighSurrogate((char) value) && in.take('\\') && in.take('u')) {
            int low = hex(4);
            if (Character.isLowSurrogate((char) low)) {
                return Character.toCodePoint((char) value, (char) low);
            }
        }
        in.goTo(mark);
        return value;
    }

    private CodePoints property() {
        StringBuilder name = new StringBuilder();
        if (!in.take('{')) {
            throw in.bad(GrammarException.Reason.INVALID, "\\p", "expected a property in braces");
        }
        while (!in.take('}')) {
            int c = in.next();
            if (c < 0) {
                throw in.bad(GrammarException.Reason.INVALID, "\\p", "property is not closed");
            }
            name.appendCodePoint(c);
        }
        String wanted = name.toString();
        CodePoints known = PROPERTIES.get(wanted);
        if (known == null) {
            known = CodePoints.where(predicate(wanted));
            PROPERTIES.put(wanted, known);
        }
        return known;
    }

    private IntPredicate predicate(String name) {
        return switch (name) {
            case "L", "Letter" -> Character::isLetter;
            case "Lu", "Uppercase_Letter" -> c -> Character.getType(c) == Character.UPPERCASE_LETTER;
            case "Ll", "Lowercase_Letter" -> c -> Character.getType(c) == Character.LOWERCASE_LETTER;
            case "Lt" -> c -> Character.getType(c) == Character.TITLECASE_LETTER;
            case "Lm" -> c -> Character.getType(c) == Character.MODIFIER_LETTER;
            case "Lo" -> c -> Character.getType(c) == Character.OTHER_LETTER;
            case "N", "Number" ->
                c -> oneOf(c, Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER);
            case "Nd" -> c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;
            case "Nl" -> c -> Character.getType(c) == Character.LETTER_NUMBER;
            case "No" -> c -> Character.getType(c) == Character.OTHER_NUMBER;
            case "M", "Mark" ->
                c -> oneOf(c, Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK);
            case "P", "Punctuation" ->
                c -> oneOf(
                        c,
                        Character.CONNECTOR_PUNCTUATION,
                        Character.DASH_PUNCTUATION,
                        Character.START_PUNCTUATION,
                        Character.END_PUNCTUATION,
                        Character.INITIAL_QUOTE_PUNCTUATION,
                        Character.FINAL_QUOTE_PUNCTUATION,
                        Character.OTHER_PUNCTUATION);
            case "S", "Symbol" ->
                c -> oneOf(
                        c,
                        Character.MATH_SYMBOL,
                        Character.CURRENCY_SYMBOL,
                        Character.MODIFIER_SYMBOL,
                        Character.OTHER_SYMBOL);
            case "Z", "Separator" ->
                c -> oneOf(c, Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR);
            case "Cc" -> Character::isISOControl;
            default -> throw in.bad(GrammarException.Reason.UNSUPPORTED, "\\p", "unknown property " + name);
        };
    }

    private static boolean oneOf(int c, byte... types) {
        int type = Character.getType(c);
        for (byte t : types) {
            if (t == type) {
                return true;
            }
        }
        return false;
    }
}
