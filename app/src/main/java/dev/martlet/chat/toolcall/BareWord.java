package dev.martlet.chat.toolcall;

/** Words that stand without quotes: literals, numbers, keys. */
final class BareWord {
    private BareWord() {}

    /** Whether a character may be part of one. */
    static boolean part(char c) {
        return c >= 'a' && c <= 'z'
                || c >= '0' && c <= '9'
                || c >= 'A' && c <= 'Z'
                || c == '_'
                || c == '-'
                || c == '+'
                || c == '.'
                || c == '$'
                || c >= 128 && !Character.isWhitespace(c) && c != '｜';
    }

    /** A bare word as JSON: itself where it is a literal or a number, otherwise a string. */
    static String json(CharSequence word) {
        String text = word.toString();
        switch (text) {
            case "true", "false", "null":
                return text;
            case "True":
                return "true";
            case "False":
                return "false";
            case "None":
                return "null";
            default:
                String plain = text.startsWith("+") ? text.substring(1) : text;
                plain = plain.startsWith(".")
                        ? "0" + plain
                        : plain.startsWith("-.") ? "-0" + plain.substring(1) : plain;
                plain = plain.endsWith(".") ? plain + "0" : plain;
                if (plain.indexOf('_') > 0 && Character.isDigit(plain.charAt(0))) {
                    plain = plain.replace("_", "");
                }
                boolean number = !plain.isEmpty() && JsonText.numberPrefix(plain) == plain.length();
                return number ? plain : JsonText.quote(text);
        }
    }
}
