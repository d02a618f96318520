package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads GBNF, the grammar notation of llama.cpp: rules {@code name ::= ...} of literals, character classes, references,
 * groups, alternatives, repetitions and control tokens in angle brackets.
 */
final class GbnfParser {

    static final int MAX_CHARS = 1 << 20;
    private static final int MAX_DEPTH = 200;
    private static final int MAX_REPEAT = 100_000;

    private final String text;
    private final Map<String, GbnfPart> rules = new LinkedHashMap<>();
    private int at;
    private int depth;

    private GbnfParser(String text) {
        this.text = text;
    }

    /** The rules by their names, in the order of the text. */
    static Map<String, GbnfPart> parse(String text) {
        if (text.length() > MAX_CHARS) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX,
                    "offset " + MAX_CHARS,
                    "",
                    "grammar of " + text.length() + " characters is over the limit of " + MAX_CHARS);
        }
        GbnfParser parser = new GbnfParser(text);
        parser.space(true);
        while (parser.at < text.length()) {
            parser.rule();
        }
        return parser.rules;
    }

    private void rule() {
        int start = at;
        String name = name();
        space(false);
        if (!text.startsWith("::=", at)) {
            throw bad("::=", "expected ::= behind the rule's name");
        }
        at += 3;
        space(true);
        GbnfPart body = choice(false);
        if (rules.putIfAbsent(name, body) != null) {
            at = start;
            throw bad(name, "the rule is defined twice");
        }
        if (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
            throw bad(text.substring(at, at + 1), "expected the end of the line");
        }
        space(true);
    }

    private GbnfPart choice(boolean nested) {
        if (++depth > MAX_DEPTH) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX, "offset " + at, "(", "nesting is deeper than " + MAX_DEPTH);
        }
        List<GbnfPart> options = new ArrayList<>(List.of(sequence(nested)));
        while (continues(nested)) {
            at++;
            space(true);
            options.add(sequence(nested));
        }
        depth--;
        return options.size() == 1 ? options.get(0) : new GbnfPart.Choice(options);
    }

    /** Whether another alternative follows, be it on the next line. */
    private boolean continues(boolean nested) {
        int mark = at;
        space(true);
        if (at < text.length() && text.charAt(at) == '|') {
            return true;
        }
        if (!nested) {
            at = mark;
        }
        return false;
    }

    private GbnfPart sequence(boolean nested) {
        List<GbnfPart> parts = new ArrayList<>();
        while (at < text.length()) {
            char c = text.charAt(at);
            GbnfPart part;
            if (c == '"') {
                part = literal();
            } else if (c == '[') {
                part = characters();
            } else if (c == '.') {
                at++;
                part = new GbnfPart.Character(CodePoints.ALL);
            } else if (c == '<') {
                part = token();
            } else if (c == '(') {
                at++;
                space(true);
                part = choice(true);
                if (at >= text.length() || text.charAt(at) != ')') {
                    throw bad("(", "the group is not closed");
                }
                at++;
            } else if (isNameCharacter(c)) {
                int start = at;
                part = new GbnfPart.Reference(name(), start);
            } else if (c == '!') {
                throw new GrammarException(
                        GrammarException.Reason.UNSUPPORTED, "offset " + at, "!", "a token that must not come");
            } else {
                break;
            }
            space(nested);
            parts.add(repeated(part, nested));
        }
        return parts.size() == 1 ? parts.get(0) : new GbnfPart.Sequence(parts);
    }

    private GbnfPart repeated(GbnfPart item, boolean nested) {
        GbnfPart out = item;
        while (at < text.length()) {
            int min;
            int max = Rx.UNBOUNDED;
            char c = text.charAt(at);
            if (c == '*' || c == '+') {
                min = c == '*' ? 0 : 1;
                at++;
            } else if (c == '?') {
                min = 0;
                max = 1;
                at++;
            } else if (c == '{') {
                at++;
                space(nested);
                boolean open = at < text.length() && text.charAt(at) == ',';
                min = open ? 0 : number();
                space(nested);
                if (at < text.length() && text.charAt(at) == ',') {
                    at++;
                    space(nested);
                    boolean bounded = at < text.length() && text.charAt(at) != '}';
                    max = bounded ? number() : Rx.UNBOUNDED;
                    space(nested);
                } else {
                    max = min;
                }
                if (at >= text.length() || text.charAt(at) != '}' || max < min) {
                    throw bad("{", "bad bounds of a repetition");
                }
                at++;
            } else {
                return out;
            }
            space(nested);
            out = new GbnfPart.Repeat(out, min, max);
        }
        return out;
    }

    private int number() {
        int start = at;
        int value = 0;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            value = value * 10 + text.charAt(at++) - '0';
            if (value > MAX_REPEAT) {
                throw new GrammarException(
                        GrammarException.Reason.TOO_COMPLEX, "offset " + at, "{", "a repetition is over " + MAX_REPEAT);
            }
        }
        if (at == start) {
            throw bad("{", "expected a number");
        }
        return value;
    }

    private GbnfPart literal() {
        StringBuilder out = new StringBuilder();
        at++;
        while (at < text.length() && text.charAt(at) != '"') {
            out.appendCodePoint(character());
        }
        if (at >= text.length()) {
            throw bad("\"", "the literal is not closed");
        }
        at++;
        Texts.checkScalar(out.toString());
        return new GbnfPart.Literal(out.toString());
    }

    private GbnfPart characters() {
        at++;
        boolean negated = at < text.length() && text.charAt(at) == '^';
        at += negated ? 1 : 0;
        List<int[]> ranges = new ArrayList<>();
        while (at < text.length() && text.charAt(at) != ']') {
            int low = character();
            int high = low;
            if (at + 1 < text.length() && text.charAt(at) == '-' && text.charAt(at + 1) != ']') {
                at++;
                high = character();
            }
            if (high < low) {
                throw bad("[", "a range runs backwards");
            }
            ranges.add(new int[] {low, high});
        }
        if (at >= text.length()) {
            throw bad("[", "the class is not closed");
        }
        at++;
        CodePoints points = CodePoints.union(ranges);
        return new GbnfPart.Character(negated ? points.not() : points);
    }

    private int character() {
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        if (c != '\\') {
            return c;
        }
        if (at >= text.length()) {
            throw bad("\\", "escape at the end");
        }
        char kind = text.charAt(at++);
        return switch (kind) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case '\\', '"', '[', ']', '-', '^' -> kind;
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            default -> throw bad("\\" + kind, "unknown escape");
        };
    }

    private int hex(int digits) {
        if (at + digits > text.length() || !text.substring(at, at + digits).matches("[0-9a-fA-F]+")) {
            throw bad("\\", "expected " + digits + " hexadecimal digits");
        }
        long value = Long.parseLong(text.substring(at, at + digits), 16);
        at += digits;
        if (value > Utf8.MAX_CODE_POINT) {
            throw bad("\\", "not a code point");
        }
        return (int) value;
    }

    private GbnfPart token() {
        int close = text.indexOf('>', at);
        if (close < 0 || text.startsWith("<[", at)) {
            throw new GrammarException(
                    GrammarException.Reason.UNSUPPORTED, "offset " + at, "<", "a token that is not named by its text");
        }
        String spelling = text.substring(at, close + 1);
        at = close + 1;
        return new GbnfPart.Token(spelling);
    }

    private String name() {
        int start = at;
        while (at < text.length() && isNameCharacter(text.charAt(at))) {
            at++;
        }
        if (at == start) {
            throw bad(text.substring(at, Math.min(text.length(), at + 1)), "expected a rule's name");
        }
        return text.substring(start, at);
    }

    private static boolean isNameCharacter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_';
    }

    private void space(boolean newlines) {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || newlines && (c == '\n' || c == '\r')) {
                at++;
            } else {
                return;
            }
        }
    }

    private GrammarException bad(String syntax, String what) {
        return new GrammarException(GrammarException.Reason.INVALID, "offset " + at, syntax, what);
    }
}
