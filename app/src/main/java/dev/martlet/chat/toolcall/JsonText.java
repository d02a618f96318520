package dev.martlet.chat.toolcall;

/** Pieces of strict JSON text. */
final class JsonText {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private JsonText() {}

    /** Appends one character of a string's inside. */
    static void escape(char c, StringBuilder out) {
        switch (c) {
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (c < 0x20) {
                    unit(c, out);
                } else {
                    out.append(c);
                }
            }
        }
    }

    /** Appends one UTF-16 unit in its {@code \}{@code u} form. */
    static void unit(char c, StringBuilder out) {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.append(HEX[c >> shift & 15]);
        }
    }

    static String quote(CharSequence text) {
        var out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            escape(text.charAt(i), out);
        }
        return out.append('"').toString();
    }

    /** The text that a strict JSON string stands for. */
    static String unquote(CharSequence json) {
        var out = new StringBuilder(json.length());
        for (int i = 1; i < json.length() - 1; i++) {
            char c = json.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escaped = json.charAt(++i);
            if (escaped == 'u') {
                out.append((char) Integer.parseInt(json, i + 1, i + 5, 16));
                i += 4;
            } else {
                out.append(control(escaped));
            }
        }
        return out.toString();
    }

    /** The character behind a one-letter escape; the letter itself where it needs none. */
    static char control(char letter) {
        return switch (letter) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            default -> letter;
        };
    }

    static boolean space(char c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    /**
     * Length of the longest prefix that is a JSON number, 0 if there is none. The grammar is RFC 8259's.
     */
    static int numberPrefix(CharSequence text) {
        int at = 0;
        int length = text.length();
        if (at < length && text.charAt(at) == '-') {
            at++;
        }
        int digits = digits(text, at);
        if (digits == 0) {
            return 0;
        }
        at += text.charAt(at) == '0' ? 1 : digits;
        if (at < length && text.charAt(at) == '.' && digits(text, at + 1) > 0) {
            at += 1 + digits(text, at + 1);
        }
        if (at < length && (text.charAt(at) | 32) == 'e') {
            int exponent = at + 1;
            if (exponent < length && (text.charAt(exponent) == '+' || text.charAt(exponent) == '-')) {
                exponent++;
            }
            int exponentDigits = digits(text, exponent);
            if (exponentDigits > 0) {
                at = exponent + exponentDigits;
            }
        }
        return at;
    }

    private static int digits(CharSequence text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at - from;
    }
}
