package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A strict JSON (RFC 8259) reader with limits on size and depth. */
final class JsonReader {

    static final int MAX_CHARS = 2 << 20;
    static final int MAX_DEPTH = 256;

    private final String text;
    private int at;
    private int depth;

    private JsonReader(String text) {
        this.text = text;
    }

    /**
     * Reads one document.
     *
     * @throws GrammarException INVALID with the offset of the first wrong character, TOO_COMPLEX over a limit
     */
    static JsonValue read(String text) {
        if (text.length() > MAX_CHARS) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX,
                    "offset " + MAX_CHARS,
                    "",
                    "document of " + text.length() + " characters is over the limit of " + MAX_CHARS);
        }
        JsonReader reader = new JsonReader(text);
        reader.skipSpace();
        JsonValue value = reader.value();
        reader.skipSpace();
        if (reader.at < text.length()) {
            throw reader.bad("text after the document");
        }
        return value;
    }

    private JsonValue value() {
        if (at >= text.length()) {
            throw bad("document ends early");
        }
        return switch (text.charAt(at)) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> new JsonValue.Str(string());
            case 't' -> word("true", new JsonValue.Bool(true));
            case 'f' -> word("false", new JsonValue.Bool(false));
            case 'n' -> word("null", new JsonValue.Null());
            default -> number();
        };
    }

    private JsonValue object() {
        enter();
        Map<String, JsonValue> members = new LinkedHashMap<>();
        skipSpace();
        if (!take('}')) {
            do {
                skipSpace();
                if (at >= text.length() || text.charAt(at) != '"') {
                    throw bad("expected a member name");
                }
                String name = string();
                skipSpace();
                expect(':');
                skipSpace();
                members.put(name, value());
                skipSpace();
            } while (take(','));
            expect('}');
        }
        depth--;
        return new JsonValue.Obj(members);
    }

    private JsonValue array() {
        enter();
        List<JsonValue> items = new ArrayList<>();
        skipSpace();
        if (!take(']')) {
            do {
                skipSpace();
                items.add(value());
                skipSpace();
            } while (take(','));
            expect(']');
        }
        depth--;
        return new JsonValue.Arr(items);
    }

    private void enter() {
        at++;
        if (++depth > MAX_DEPTH) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX, "offset " + at, "", "nesting is deeper than " + MAX_DEPTH);
        }
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        at++;
        while (true) {
            if (at >= text.length()) {
                throw bad("string is not closed");
            }
            char c = text.charAt(at++);
            if (c == '"') {
                return out.toString();
            }
            if (c < 0x20) {
                at--;
                throw bad("control character in a string");
            }
            out.append(c == '\\' ? escape() : c);
        }
    }

    private char escape() {
        if (at >= text.length()) {
            throw bad("string is not closed");
        }
        char c = text.charAt(at++);
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
                    if (digit < 0 || text.charAt(at) > 'f') {
                        throw bad("bad \\u escape");
                    }
                    code = code * 16 + digit;
                    at++;
                }
                yield (char) code;
            }
            default -> {
                at--;
                throw bad("unknown escape");
            }
        };
    }

    private JsonValue number() {
        int start = at;
        take('-');
        if (!take('0')) {
            digits("expected a value");
        }
        if (take('.')) {
            digits("expected a digit");
        }
        if (take('e') || take('E')) {
            if (!take('+')) {
                take('-');
            }
            digits("expected a digit");
        }
        return new JsonValue.Num(text.substring(start, at));
    }

    private void digits(String otherwise) {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw bad(otherwise);
        }
    }

    private JsonValue word(String word, JsonValue value) {
        if (!text.startsWith(word, at)) {
            throw bad("expected a value");
        }
        at += word.length();
        return value;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private boolean take(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(char c) {
        if (!take(c)) {
            throw bad("expected '" + c + "'");
        }
    }

    private GrammarException bad(String what) {
        return new GrammarException(GrammarException.Reason.INVALID, "offset " + at, "", "bad JSON: " + what);
    }
}
