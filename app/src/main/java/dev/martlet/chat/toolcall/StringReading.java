package dev.martlet.chat.toolcall;

/**
 * Reads one string, from after its opening quote on, and writes the inside of a strict JSON string: JSON's and
 * Python's escapes, raw control characters, triple quotes, or a delimiter of the model's own without any escapes.
 */
final class StringReading {
    private enum State {
        PLAIN,
        ESCAPE,
        HEX,
        OPENING,
        DELIMITED
    }

    private final String delimiter;
    private final StringBuilder digits = new StringBuilder();
    private StringBuilder out = new StringBuilder();
    private State state = State.PLAIN;
    private boolean python;
    private boolean raw;
    private boolean triple;
    private boolean escapeSurrogates;
    private char quote;
    private int quotes;
    private char hexKind;
    private int hexLength;
    private int delimiterAt;

    /** @param delimiter a string delimiter besides quotes, or empty */
    StringReading(String delimiter) {
        this.delimiter = delimiter;
    }

    /** Whether UTF-16 surrogates are written as escapes, for sources that may spell one half at a time. */
    void escapeSurrogates(boolean on) {
        escapeSurrogates = on;
    }

    /**
     * Begins a string after its opening quote.
     *
     * @param rawText whether backslashes are ordinary characters
     */
    void open(char openingQuote, boolean pythonRules, boolean rawText, StringBuilder target) {
        quote = openingQuote;
        python = pythonRules;
        raw = rawText;
        out = target;
        quotes = 0;
        triple = false;
        state = python ? State.OPENING : State.PLAIN;
    }

    /** Begins a string after its opening delimiter's first character. */
    void openDelimited(StringBuilder target) {
        out = target;
        // Until the whole delimiter is read this is an opening; negative counts up to it.
        delimiterAt = 1 - delimiter.length();
        state = State.DELIMITED;
    }

    /** Results as {@link LenientJson}'s; {@code DONE} with the closing quote, {@code BEFORE} after an empty string. */
    int accept(char c) {
        while (true) {
            switch (state) {
                case PLAIN -> {
                    return plain(c);
                }
                case ESCAPE -> {
                    escape(c);
                    return LenientJson.MORE;
                }
                case HEX -> {
                    if (hex(c)) {
                        return LenientJson.MORE;
                    }
                }
                case OPENING -> {
                    if (c != quote && quotes == 1) {
                        return LenientJson.BEFORE;
                    }
                    if (c == quote) {
                        quotes++;
                        triple = quotes == 2;
                    }
                    if (c != quote || triple) {
                        quotes = 0;
                        state = State.PLAIN;
                    }
                    if (c == quote) {
                        return LenientJson.MORE;
                    }
                }
                case DELIMITED -> {
                    return delimited(c);
                }
            }
        }
    }

    /** Whether what was read is a whole, empty string, should nothing follow. */
    boolean maybeEmpty() {
        return state == State.OPENING && quotes == 1;
    }

    private int plain(char c) {
        if (c == quote) {
            return !triple || ++quotes == 3 ? LenientJson.DONE : LenientJson.MORE;
        }
        while (quotes > 0) {
            JsonText.escape(quote, out);
            quotes--;
        }
        if (c == '\\' && !raw) {
            state = State.ESCAPE;
        } else if (escapeSurrogates && Character.isSurrogate(c)) {
            JsonText.unit(c, out);
        } else {
            JsonText.escape(c, out);
        }
        return LenientJson.MORE;
    }

    private void escape(char c) {
        state = State.PLAIN;
        switch (c) {
            case '"', '\\', 'n', 'r', 't', 'b', 'f', '/' -> out.append('\\').append(c);
            case '\'' -> out.append('\'');
            case 'u', 'x', 'U' -> {
                if (c == 'U' && !python) {
                    out.append("\\\\U");
                    return;
                }
                hexKind = c;
                hexLength = c == 'u' ? 4 : c == 'x' ? 2 : 8;
                digits.setLength(0);
                state = State.HEX;
            }
            default -> {
                if (python && c == '\n') {
                    return;
                }
                if (python && c == '0') {
                    JsonText.unit('\0', out);
                    return;
                }
                out.append("\\\\");
                JsonText.escape(c, out);
            }
        }
    }

    /** Reads a digit of a numeric escape; false when the character is none and is to be read again. */
    private boolean hex(char c) {
        if (c >= 128 || Character.digit(c, 16) < 0) {
            out.append("\\\\").append(hexKind).append(digits);
            state = State.PLAIN;
            return false;
        }
        digits.append(c);
        if (digits.length() == hexLength) {
            state = State.PLAIN;
            int code = Integer.parseUnsignedInt(digits, 0, digits.length(), 16);
            for (char unit : Character.toChars(Character.isValidCodePoint(code) ? code : 0xFFFD)) {
                JsonText.unit(unit, out);
            }
        }
        return true;
    }

    private int delimited(char c) {
        if (delimiterAt < 0) {
            return c == delimiter.charAt(delimiter.length() + delimiterAt++) ? LenientJson.MORE : LenientJson.BAD;
        }
        if (c == delimiter.charAt(delimiterAt)) {
            return ++delimiterAt == delimiter.length() ? LenientJson.DONE : LenientJson.MORE;
        }
        for (int i = 0; i < delimiterAt; i++) {
            JsonText.escape(delimiter.charAt(i), out);
        }
        delimiterAt = c == delimiter.charAt(0) ? 1 : 0;
        if (delimiterAt == 0) {
            JsonText.escape(c, out);
        }
        return LenientJson.MORE;
    }
}
