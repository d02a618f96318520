package dev.martlet.chat.template;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens, with {@code trim_blocks} and {@code lstrip_blocks} on: the newline after a block goes, and
 * so does the blank before a block that is the first thing on its line.
 */
final class Lexer {
    private static final List<String> LONG_OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
    private static final String OPERATORS = "+-/*%~[](){}><=.:|,;";

    private final Source source;
    private final String s;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private Lexer(Source source) {
        this.source = source;
        this.s = source.text;
    }

    static List<Token> tokens(Source source) {
        var lexer = new Lexer(source);
        lexer.run();
        return lexer.tokens;
    }

    private void add(Token.Kind kind, String text, int offset) {
        tokens.add(new Token(kind, text, null, offset));
    }

    private void run() {
        while (at < s.length()) {
            int begin = nextTag(at);
            if (begin < 0) {
                add(Token.Kind.DATA, s.substring(at), at);
                break;
            }
            char kind = s.charAt(begin + 1);
            int from = at;
            at = begin + 2;
            char sign = '\0';
            if (at < s.length() && (s.charAt(at) == '-' || s.charAt(at) == '+')) {
                sign = s.charAt(at++);
            }
            data(from, begin, sign, kind != '{');
            switch (kind) {
                case '#' -> comment(begin);
                case '{' -> expression(begin, false);
                default -> {
                    int raw = tagEnd(at, "raw");
                    if (raw >= 0) {
                        raw(begin, raw);
                    } else {
                        expression(begin, true);
                    }
                }
            }
        }
        add(Token.Kind.END, "", s.length());
    }

    private int nextTag(int from) {
        for (int i = s.indexOf('{', from); i >= 0 && i + 1 < s.length(); i = s.indexOf('{', i + 1)) {
            char next = s.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    /** Adds the data before a tag, less the blank that the tag takes away. */
    private void data(int from, int end, char sign, boolean block) {
        int to = end;
        if (sign == '-') {
            while (to > from && Strings.isSpace(s.charAt(to - 1))) {
                to--;
            }
        } else if (sign != '+' && block) {
            int blank = end;
            while (blank > from && s.charAt(blank - 1) != '\n' && Strings.isSpace(s.charAt(blank - 1))) {
                blank--;
            }
            if (blank == 0 || s.charAt(blank - 1) == '\n') {
                to = blank;
            }
        }
        if (to > from) {
            add(Token.Kind.DATA, s.substring(from, to), from);
        }
    }

    private void comment(int begin) {
        int end = s.indexOf("#}", at);
        if (end < 0) {
            throw source.error("Missing end of comment tag", begin);
        }
        char before = end > at ? s.charAt(end - 1) : '\0';
        at = end + 2;
        afterBlock(before);
    }

    /** Steps over what follows a block's end, by the sign before it. */
    private void afterBlock(char sign) {
        if (sign == '-') {
            skipSpace();
        } else if (sign != '+' && at < s.length() && s.charAt(at) == '\n') {
            at++;
        }
    }

    private void skipSpace() {
        while (at < s.length() && Strings.isSpace(s.charAt(at))) {
            at++;
        }
    }

    /** Offset of the end of a tag that holds only this word, or -1. */
    private int tagEnd(int from, String word) {
        int i = from;
        while (i < s.length() && Strings.isSpace(s.charAt(i))) {
            i++;
        }
        if (!s.startsWith(word, i)) {
            return -1;
        }
        i += word.length();
        while (i < s.length() && Strings.isSpace(s.charAt(i))) {
            i++;
        }
        if (s.startsWith("%}", i)) {
            return i;
        }
        boolean signed = s.startsWith("-%}", i) || s.startsWith("+%}", i) && !word.equals("raw");
        return signed ? i : -1;
    }

    private void raw(int begin, int end) {
        at = end;
        boolean minus = s.charAt(at) == '-';
        at += minus ? 3 : 2;
        if (minus) {
            skipSpace();
        }
        int from = at;
        for (int i = s.indexOf("{%", at); i >= 0; i = s.indexOf("{%", i + 1)) {
            int inner = i + 2;
            char sign = inner < s.length() ? s.charAt(inner) : '\0';
            boolean signed = sign == '-' || sign == '+';
            int close = tagEnd(signed ? inner + 1 : inner, "endraw");
            if (close >= 0) {
                data(from, i, signed ? sign : '\0', true);
                char last = s.charAt(close);
                at = close + (last == '%' ? 2 : 3);
                afterBlock(last);
                return;
            }
        }
        throw source.error("Missing end of raw directive", begin);
    }

    private void expression(int begin, boolean block) {
        add(block ? Token.Kind.BLOCK_BEGIN : Token.Kind.VARIABLE_BEGIN, block ? "{%" : "{{", begin);
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            skipSpace();
            if (at >= s.length()) {
                throw source.error("unexpected end of template, expected '" + (block ? "%}" : "}}") + "'", begin);
            }
            if (open.isEmpty() && end(block)) {
                return;
            }
            char c = s.charAt(at);
            if (isDigit(c)) {
                number();
            } else if (c == '_' || Character.isUnicodeIdentifierStart(c)) {
                int from = at;
                while (at < s.length() && Character.isUnicodeIdentifierPart(s.charAt(at)) && s.charAt(at) >= ' ') {
                    at++;
                }
                add(Token.Kind.NAME, s.substring(from, at), from);
            } else if (c == '"' || c == '\'') {
                string(c);
            } else {
                operator(c, open);
            }
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private boolean end(boolean block) {
        String end = block ? "%}" : "}}";
        char c = s.charAt(at);
        boolean signed = c == '-' || c == '+' && block;
        if (!s.startsWith(end, signed ? at + 1 : at)) {
            return false;
        }
        add(block ? Token.Kind.BLOCK_END : Token.Kind.VARIABLE_END, end, at);
        at += signed ? 3 : 2;
        if (block) {
            afterBlock(signed ? c : '\0');
        } else if (signed) {
            skipSpace();
        }
        return true;
    }

    private void operator(char c, Deque<Character> open) {
        String operator = String.valueOf(c);
        for (String two : LONG_OPERATORS) {
            if (s.startsWith(two, at)) {
                operator = two;
            }
        }
        if (operator.length() == 1 && OPERATORS.indexOf(c) < 0) {
            throw source.error("unexpected character '" + Character.toString(s.codePointAt(at)) + "'", at);
        }
        switch (c) {
            case '(' -> open.push(')');
            case '[' -> open.push(']');
            case '{' -> open.push('}');
            case ')', ']', '}' -> {
                if (open.isEmpty()) {
                    throw source.error("unexpected '" + c + "'", at);
                }
                char expected = open.pop();
                if (expected != c) {
                    throw source.error("unexpected '" + c + "', expected '" + expected + "'", at);
                }
            }
            default -> {}
        }
        add(Token.Kind.OPERATOR, operator, at);
        at += operator.length();
    }

    private void number() {
        int from = at;
        int radix = 10;
        if (s.charAt(at) == '0' && at + 1 < s.length()) {
            radix = switch (s.charAt(at + 1)) {
                case 'x', 'X' -> 16;
                case 'o', 'O' -> 8;
                case 'b', 'B' -> 2;
                default -> 10;
            };
        }
        at += radix == 10 ? 0 : 2;
        digits(radix);
        boolean whole = true;
        // After a dot it is an element's index, and a second dot takes the next element.
        if (radix == 10 && s.charAt(from - 1) != '.') {
            if (at + 1 < s.length() && s.charAt(at) == '.' && isDigit(s.charAt(at + 1))) {
                whole = false;
                at++;
                digits(10);
            }
            int exponent = at + 1;
            if (at < s.length() && (s.charAt(at) == 'e' || s.charAt(at) == 'E')) {
                exponent += exponent < s.length() && (s.charAt(exponent) == '+' || s.charAt(exponent) == '-') ? 1 : 0;
                if (exponent < s.length() && isDigit(s.charAt(exponent))) {
                    whole = false;
                    at = exponent;
                    digits(10);
                }
            }
        }
        String text = s.substring(from, at);
        String digits = text.replace("_", "");
        if (digits.length() > 1000) {
            throw source.error("number too long", from);
        }
        try {
            Value value = whole
                    ? Value.BigInt.of(new BigInteger(radix == 10 ? digits : digits.substring(2), radix))
                    : new Value.Float(Double.parseDouble(digits));
            tokens.add(new Token(Token.Kind.NUMBER, text, value, from));
        } catch (NumberFormatException e) {
            throw source.error("bad number '" + text + "'", from);
        }
    }

    private void digits(int radix) {
        while (at < s.length() && (Character.digit(s.charAt(at), radix) >= 0 || s.charAt(at) == '_')) {
            at++;
        }
    }

    private void string(char quote) {
        int from = at;
        int end = at + 1;
        while (end < s.length() && s.charAt(end) != quote) {
            end += s.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= s.length()) {
            throw source.error("unexpected char '" + quote + "': string without end", from);
        }
        at = end + 1;
        add(Token.Kind.STRING, unescape(s.substring(from + 1, end), from), from);
    }

    /** Python's escapes; one that it does not know stays as it is. */
    private String unescape(String text, int offset) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char code = text.charAt(++i);
            int digits = switch (code) {
                case 'x' -> 2;
                case 'u' -> 4;
                case 'U' -> 8;
                default -> 0;
            };
            if (digits > 0) {
                out.appendCodePoint(codePoint(text, i + 1, digits, offset));
                i += digits;
            } else if (code >= '0' && code <= '7') {
                int end = i;
                while (end < text.length() && end < i + 3 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
                    end++;
                }
                out.append((char) Integer.parseInt(text.substring(i, end), 8));
                i = end - 1;
            } else {
                simple(code, out);
            }
        }
        return out.toString();
    }

    private int codePoint(String text, int from, int digits, int offset) {
        try {
            int c = Integer.parseUnsignedInt(text.substring(from, from + digits), 16);
            if (Character.isValidCodePoint(c)) {
                return c;
            }
        } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
            throw source.error("truncated escape in string", offset);
        }
        throw source.error("illegal Unicode character in string", offset);
    }

    private static void simple(char code, StringBuilder out) {
        switch (code) {
            case 'n' -> out.append('\n');
            case 't' -> out.append('\t');
            case 'r' -> out.append('\r');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'a' -> out.append('\u0007');
            case 'v' -> out.append('\u000b');
            case '\\', '\'', '"' -> out.append(code);
            case '\n' -> {}
            default -> out.append('\\').append(code);
        }
    }
}
