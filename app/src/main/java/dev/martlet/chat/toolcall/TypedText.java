package dev.martlet.chat.toolcall;

import java.math.BigDecimal;
import java.util.List;

/**
 * From a value written as bare text to JSON, by the types its schema allows: the JSON value it spells where that has
 * an allowed type (Python's literals count for booleans, lists and dicts), otherwise a string. Nothing is lost.
 */
final class TypedText {
    private static final int MAX_PLAIN_EXPONENT = 400;
    private static final List<String> WORDS = List.of("true", "false", "null", "True", "False", "None");

    private TypedText() {}

    static String json(String text, int types) {
        String plain = text.strip();
        if (types != Toolbox.STRING && !plain.isEmpty()) {
            String value = value(plain, types);
            if (!value.isEmpty()) {
                return value;
            }
        }
        return JsonText.quote(text);
    }

    private static String value(String plain, int types) {
        switch (plain) {
            case "null", "None":
                return (types & Toolbox.NULL) != 0 ? "null" : "";
            case "true", "True":
                return (types & Toolbox.BOOLEAN) != 0 ? "true" : "";
            case "false", "False":
                return (types & Toolbox.BOOLEAN) != 0 ? "false" : "";
            default:
                break;
        }
        if (JsonText.numberPrefix(plain) == plain.length()) {
            boolean allowed = (types & Toolbox.NUMBER) != 0 || (types & Toolbox.INTEGER) != 0 && integer(plain);
            return allowed ? plain : "";
        }
        int wanted = switch (plain.charAt(0)) {
            case '{' -> Toolbox.OBJECT;
            case '[', '(' -> Toolbox.ARRAY;
            case '"' -> Toolbox.STRING;
            default -> 0;
        };
        return (types & wanted) != 0 ? structured(plain) : "";
    }

    private static boolean integer(String number) {
        if (number.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9')) {
            return true;
        }
        BigDecimal value = new BigDecimal(number);
        return Math.abs((long) value.scale()) < MAX_PLAIN_EXPONENT
                && value.stripTrailingZeros().scale() <= 0;
    }

    private static String structured(String plain) {
        var out = new StringBuilder(plain.length());
        LenientJson json = LenientJson.value(out);
        if (plain.charAt(0) != '"') {
            json.python();
        }
        for (int i = 0; i < plain.length(); i++) {
            int result = json.accept(plain.charAt(i));
            if (result == LenientJson.DONE) {
                return i == plain.length() - 1 ? out.toString() : "";
            }
            if (result != LenientJson.MORE) {
                return "";
            }
        }
        return "";
    }

    /** What is certain of a value that the token limit cut; empty where nothing is. */
    static String cut(String text, int types) {
        String plain = text.strip();
        if (plain.isEmpty()) {
            return "";
        }
        char first = plain.charAt(0);
        boolean container =
                first == '{' && (types & Toolbox.OBJECT) != 0 || first == '[' && (types & Toolbox.ARRAY) != 0;
        if (container) {
            var out = new StringBuilder(plain.length());
            LenientJson json = LenientJson.value(out).python();
            int result = LenientJson.MORE;
            int read = 0;
            while (read < plain.length() && result == LenientJson.MORE) {
                result = json.accept(plain.charAt(read++));
            }
            if (result == LenientJson.MORE) {
                json.cut();
                return out.toString();
            }
            return result == LenientJson.DONE && read == plain.length() ? out.toString() : open(text);
        }
        int number = JsonText.numberPrefix(plain);
        boolean unfinished = plain.chars().skip(number).allMatch(c -> ".eE+-".indexOf(c) >= 0);
        if (number > 0 && unfinished && (types & (Toolbox.NUMBER | Toolbox.INTEGER)) != 0) {
            return plain.substring(0, number);
        }
        String value = value(plain, types);
        boolean mayBecome = types != Toolbox.STRING
                && (types & Toolbox.STRING) == 0
                && WORDS.stream().anyMatch(word -> word.startsWith(plain));
        return !value.isEmpty() || mayBecome ? value : open(text);
    }

    /** A string that is not closed. */
    private static String open(String text) {
        String quoted = JsonText.quote(text);
        return quoted.substring(0, quoted.length() - 1);
    }
}
