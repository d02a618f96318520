package dev.martlet.chat.toolcall;

/**
 * Reads the arguments of one call and writes them as strict JSON of an object. An object that comes encoded in a
 * string is decoded once; {@code null} and the empty string stand for no arguments.
 */
final class ArgumentsReader {
    private enum State {
        START,
        OBJECT,
        ENCODED,
        ESCAPE,
        HEX,
        NULL,
        DONE
    }

    private final LenientJson json;
    private final StringBuilder hex = new StringBuilder();
    private StringBuilder out;
    private State state = State.START;
    private char quote;
    private boolean begun;
    private boolean innerDone;
    private int nullAt;
    private String dropped = "";

    ArgumentsReader(String delimiter) {
        out = new StringBuilder();
        json = new LenientJson(LenientJson.Root.VALUE, delimiter, position -> "arg" + position, out);
    }

    void reset(StringBuilder target) {
        out = target;
        json.reset();
        json.writeTo(target);
        json.escapeSurrogates(false);
        state = State.START;
        begun = false;
        innerDone = false;
        nullAt = 0;
        dropped = "";
    }

    void writeTo(StringBuilder target) {
        out = target;
        json.writeTo(target);
    }

    /** Whether it is certain that an object is being read. */
    boolean begun() {
        return begun;
    }

    /** Whether the reader is inside a string. */
    boolean inString() {
        return switch (state) {
            case ENCODED, ESCAPE, HEX -> true;
            case OBJECT -> json.inString();
            case START, NULL, DONE -> false;
        };
    }

    /** See {@link LenientJson#loose}. */
    String loose() {
        return begun && state != State.DONE && !innerDone ? json.loose() : "";
    }

    /** Results as {@link LenientJson}'s. */
    int accept(char c) {
        while (true) {
            switch (state) {
                case START -> {
                    if (JsonText.space(c)) {
                        return LenientJson.MORE;
                    }
                    switch (c) {
                        case '{' -> {
                            begun = true;
                            state = State.OBJECT;
                        }
                        case '"', '\'' -> {
                            quote = c;
                            json.escapeSurrogates(true);
                            state = State.ENCODED;
                            return LenientJson.MORE;
                        }
                        case 'n', 'N' -> {
                            state = State.NULL;
                            nullAt = 1;
                            return LenientJson.MORE;
                        }
                        default -> {
                            return LenientJson.BAD;
                        }
                    }
                }
                case OBJECT -> {
                    int result = json.accept(c);
                    if (result == LenientJson.DONE) {
                        state = State.DONE;
                    }
                    return result;
                }
                case ENCODED -> {
                    if (c == quote) {
                        return endEncoded();
                    }
                    if (c == '\\') {
                        state = State.ESCAPE;
                        return LenientJson.MORE;
                    }
                    return inner(c);
                }
                case ESCAPE -> {
                    state = State.ENCODED;
                    if (c == 'u') {
                        hex.setLength(0);
                        state = State.HEX;
                        return LenientJson.MORE;
                    }
                    // No escape at all: the backslash is the text's own.
                    boolean escape = "\"'\\/nrtbf".indexOf(c) >= 0;
                    int result = escape ? LenientJson.MORE : inner('\\');
                    return result == LenientJson.MORE ? inner(JsonText.control(c)) : result;
                }
                case HEX -> {
                    if (Character.digit(c, 16) < 0) {
                        return LenientJson.BAD;
                    }
                    hex.append(c);
                    if (hex.length() < 4) {
                        return LenientJson.MORE;
                    }
                    state = State.ENCODED;
                    return inner((char) Integer.parseInt(hex, 0, 4, 16));
                }
                case NULL -> {
                    if (nullAt < 4 && c == "null".charAt(nullAt) || c == "None".charAt(Math.min(nullAt, 3))) {
                        if (++nullAt == 4) {
                            return empty();
                        }
                        return LenientJson.MORE;
                    }
                    return LenientJson.BAD;
                }
                case DONE -> {
                    return LenientJson.BEFORE;
                }
            }
        }
    }

    private int empty() {
        begun = true;
        out.append("{}");
        state = State.DONE;
        return LenientJson.DONE;
    }

    private int inner(char c) {
        if (!begun) {
            if (JsonText.space(c)) {
                return LenientJson.MORE;
            }
            if (c != '{') {
                return LenientJson.BAD;
            }
            begun = true;
        }
        if (innerDone) {
            return JsonText.space(c) ? LenientJson.MORE : LenientJson.BAD;
        }
        int result = json.accept(c);
        if (result == LenientJson.DONE) {
            innerDone = true;
            return LenientJson.MORE;
        }
        return result;
    }

    private int endEncoded() {
        if (!begun) {
            return empty();
        }
        if (!innerDone) {
            json.close();
            dropped = json.dropped();
        }
        state = State.DONE;
        return LenientJson.DONE;
    }

    /** Ends the arguments where what encloses them ends; see {@link LenientJson#close}. */
    boolean close() {
        if (!begun) {
            empty();
            return true;
        }
        boolean ended = state == State.DONE || innerDone;
        boolean whole = ended || json.close();
        dropped = ended ? dropped : json.dropped();
        state = State.DONE;
        return whole;
    }

    /** What the end left out; see {@link LenientJson#dropped}. */
    String dropped() {
        return dropped;
    }

    /** Ends the arguments where the token limit cut them. */
    void cut() {
        if (begun && state != State.DONE && !innerDone) {
            json.cut();
        }
    }
}
