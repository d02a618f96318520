package dev.martlet.chat.toolcall;

/**
 * A push transducer from what models write for JSON to strict JSON. It takes single quotes, bare keys, Python's
 * {@code True}, {@code False}, {@code None}, tuples and keyword lists, trailing commas, raw control characters and
 * invalid escapes in strings, and strings between a delimiter of the model's own. Numbers are copied as text.
 *
 * <p>What it has written is never taken back: a comma or a key is written once the value that needs it begins.
 */
final class LenientJson {
    /** More is to come. */
    static final int MORE = 0;
    /** The value is complete with this character. */
    static final int DONE = 1;
    /** The value was complete before this character, which is not consumed. */
    static final int BEFORE = 2;
    /** This character fits nowhere; it is not consumed. */
    static final int BAD = 3;

    private static final int MAX_SPACE = 32;

    /** What is read. */
    enum Root {
        /** Any value. */
        VALUE,
        /** A parenthesised list of {@code name=value}, as an object. */
        KEYWORDS
    }

    private enum State {
        VALUE,
        VALUE_OR_END,
        KEY_OR_END,
        COLON,
        NEXT,
        STRING,
        WORD,
        DONE
    }

    private final Root root;
    private final String delimiter;
    private final KeyNames positional;
    private final StringBuilder stack = new StringBuilder();
    private final StringBuilder pending = new StringBuilder();
    private final StringBuilder word = new StringBuilder();
    private final StringReading string;
    private final StringBuilder loose = new StringBuilder();
    private String dropped = "";
    private StringBuilder out;
    private State state;
    private int spaces;
    private boolean comma;
    private boolean certain;
    private boolean key;
    private boolean python;
    private int arguments;

    /** Names for positional arguments. */
    interface KeyNames {
        String name(int position);
    }

    LenientJson(Root root, String delimiter, KeyNames positional, StringBuilder out) {
        this.root = root;
        this.delimiter = delimiter;
        string = new StringReading(delimiter);
        this.positional = positional;
        this.out = out;
        python = root == Root.KEYWORDS;
        reset();
    }

    static LenientJson value(StringBuilder out) {
        return new LenientJson(Root.VALUE, "", position -> "arg" + position, out);
    }

    void reset() {
        state = State.VALUE;
        stack.setLength(0);
        pending.setLength(0);
        word.setLength(0);
        loose.setLength(0);
        comma = false;
        key = false;
        arguments = 0;
        spaces = 0;
    }

    /** Also reads Python: tuples, triple quotes, its string escapes. */
    LenientJson python() {
        python = true;
        return this;
    }

    void writeTo(StringBuilder target) {
        out = target;
    }

    /** Whether UTF-16 surrogates are written as escapes, for sources that may spell one half at a time. */
    void escapeSurrogates(boolean on) {
        string.escapeSurrogates(on);
    }

    /** Whether the reader is inside a string. */
    boolean inString() {
        return state == State.STRING;
    }

    /**
     * What was read, as it stood, since the last of it that is in the output: a comma, a key without its value, a word
     * not yet ended. For the reader of a text that breaks off here, so that nothing is lost.
     */
    String loose() {
        return loose.toString();
    }

    int accept(char c) {
        int result = read(c);
        if ((result == MORE || result == DONE) && (key || !inString()) && !stack.isEmpty()) {
            if (certain) {
                loose.setLength(0);
            } else {
                loose.append(c);
            }
        }
        certain = false;
        return result;
    }

    private int read(char c) {
        while (true) {
            switch (state) {
                case STRING -> {
                    int result = string.accept(c);
                    if (result == DONE) {
                        return endString();
                    }
                    if (result != BEFORE) {
                        return result;
                    }
                    endString();
                    certain = false;
                }
                case WORD -> {
                    if (BareWord.part(c)) {
                        word.append(c);
                        return MORE;
                    }
                    if ((c == '"' || c == '\'') && !key && prefix(c)) {
                        return MORE;
                    }
                    int result = endWord(c);
                    if (result != MORE) {
                        return result;
                    }
                }
                case VALUE, VALUE_OR_END, KEY_OR_END, COLON, NEXT -> {
                    return structure(c);
                }
                case DONE -> {
                    return BEFORE;
                }
            }
        }
    }

    private int structure(char c) {
        if (JsonText.space(c)) {
            if (!stack.isEmpty() && spaces++ < MAX_SPACE) {
                pending.append(c);
            }
            return MORE;
        }
        if (Character.isWhitespace(c) || c == 0xA0 || c == 0xFEFF) {
            return MORE;
        }
        spaces = 0;
        return switch (state) {
            case VALUE -> value(c);
            case VALUE_OR_END -> closes(c) ? close(c) : value(c);
            case KEY_OR_END -> closes(c) ? close(c) : key(c);
            case COLON -> {
                if (c == ':' || c == '=' && top() == 'k') {
                    pending.append(c == ':' ? ":" : ": ");
                    state = State.VALUE;
                    yield MORE;
                }
                yield BAD;
            }
            case NEXT -> {
                if (c == ',') {
                    comma = true;
                    pending.append(',');
                    state = top() == 'a' || top() == 't' ? State.VALUE_OR_END : State.KEY_OR_END;
                    yield MORE;
                }
                yield closes(c) ? close(c) : BAD;
            }
            case STRING, WORD, DONE -> throw new IllegalStateException();
        };
    }

    private char top() {
        return stack.isEmpty() ? ' ' : stack.charAt(stack.length() - 1);
    }

    private boolean closes(char c) {
        return switch (top()) {
            case 'o' -> c == '}';
            case 'a' -> c == ']';
            case 't', 'k' -> c == ')';
            default -> false;
        };
    }

    private int close(char c) {
        if (comma) {
            pending.setLength(0);
            comma = false;
        }
        out.append(pending);
        pending.setLength(0);
        return pop();
    }

    private int pop() {
        char container = top();
        stack.setLength(stack.length() - 1);
        out.append(container == 'o' || container == 'k' ? '}' : ']');
        return ended();
    }

    private int ended() {
        certain = true;
        loose.setLength(0);
        if (stack.isEmpty()) {
            state = State.DONE;
            return DONE;
        }
        state = State.NEXT;
        return MORE;
    }

    private int value(char c) {
        if (root == Root.KEYWORDS && stack.isEmpty()) {
            return c == '(' ? open('k', '{', State.KEY_OR_END) : BAD;
        }
        switch (c) {
            case '{':
                return open('o', '{', State.KEY_OR_END);
            case '[':
                return open('a', '[', State.VALUE_OR_END);
            case '(':
                return python ? open('t', '[', State.VALUE_OR_END) : BAD;
            case '"', '\'':
                lead();
                beginString(c, false);
                return MORE;
            default:
                if (!delimiter.isEmpty() && c == delimiter.charAt(0)) {
                    lead();
                    return beginDelimited();
                }
                if (BareWord.part(c)) {
                    word.setLength(0);
                    word.append(c);
                    key = false;
                    state = State.WORD;
                    return MORE;
                }
                return BAD;
        }
    }

    private int key(char c) {
        boolean string = c == '"' || c == '\'';
        if (top() == 'k') {
            if (string || "[{(".indexOf(c) >= 0) {
                positional();
                return value(c);
            }
        } else if (string) {
            beginKey();
            beginString(c, false);
            return MORE;
        } else if (!delimiter.isEmpty() && c == delimiter.charAt(0)) {
            beginKey();
            return beginDelimited();
        }
        if (!BareWord.part(c)) {
            return BAD;
        }
        key = true;
        word.setLength(0);
        word.append(c);
        state = State.WORD;
        return MORE;
    }

    private void beginKey() {
        key = true;
        pending.append('"');
    }

    private void positional() {
        pending.append(JsonText.quote(positional.name(arguments++))).append(": ");
    }

    private int open(char container, char bracket, State next) {
        lead();
        out.append(bracket);
        stack.append(container);
        state = next;
        return MORE;
    }

    /** Writes the comma, key and white space that the value now beginning needs. */
    private void lead() {
        certain = true;
        loose.setLength(0);
        key = false;
        out.append(pending);
        pending.setLength(0);
        comma = false;
    }

    // Words: literals, numbers, bare keys

    /** A quote after a word: Python's string prefixes. */
    private boolean prefix(char c) {
        for (int i = 0; i < word.length(); i++) {
            if ("rRbBuUfF".indexOf(word.charAt(i)) < 0) {
                return false;
            }
        }
        lead();
        beginString(c, word.indexOf("r") >= 0 || word.indexOf("R") >= 0);
        return true;
    }

    private int endWord(char c) {
        if (key) {
            if (top() == 'k' && c != '=' && c != ':' && !JsonText.space(c)) {
                positional();
                return literal();
            }
            beginKey();
            for (int i = 0; i < word.length(); i++) {
                JsonText.escape(word.charAt(i), pending);
            }
            pending.append('"');
            if (top() == 'k') {
                arguments++;
            }
            state = State.COLON;
            return MORE;
        }
        return literal();
    }

    private int literal() {
        lead();
        out.append(BareWord.json(word));
        int result = ended() == DONE ? BEFORE : MORE;
        certain = false;
        return result;
    }

    // Strings

    private StringBuilder target() {
        return key ? pending : out;
    }

    private void beginString(char c, boolean raw) {
        if (!key) {
            out.append('"');
        }
        string.open(c, python, raw, target());
        state = State.STRING;
    }

    private int beginDelimited() {
        if (!key) {
            out.append('"');
        }
        string.openDelimited(target());
        state = State.STRING;
        return MORE;
    }

    private int endString() {
        target().append('"');
        if (key) {
            state = State.COLON;
            return MORE;
        }
        return ended();
    }

    // The end of the text

    /**
     * Ends the value where the text, or what encloses the value, ends: closes what is open and drops a key without a
     * value.
     *
     * @return whether nothing but closers was missing
     */
    boolean close() {
        boolean whole = settle(true);
        boolean dangling = keyed();
        dropped = dangling ? bare(loose) : "";
        key = false;
        pending.setLength(0);
        while (!stack.isEmpty()) {
            pop();
        }
        state = State.DONE;
        return whole && !dangling;
    }

    /** Whether a key has begun whose value has not. */
    private boolean keyed() {
        return key || state == State.COLON || state == State.VALUE && !stack.isEmpty();
    }

    /** A text without the punctuation around it. */
    private static String bare(CharSequence text) {
        int start = 0;
        int end = text.length();
        while (start < end && ", \n\r\t".indexOf(text.charAt(start)) >= 0) {
            start++;
        }
        while (end > start && ":= \n\r\t".indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return text.subSequence(start, end).toString();
    }

    /** What {@link #close} left out: a key without a value, as it stood. */
    String dropped() {
        return dropped;
    }

    /** Ends the value where the token limit cut it: writes what there is and leaves open what is open. */
    void cut() {
        if (!keyed()) {
            settle(false);
            return;
        }
        out.append(pending);
        if (state == State.WORD) {
            out.append('"');
            for (int i = 0; i < word.length(); i++) {
                JsonText.escape(word.charAt(i), out);
            }
        }
    }

    private boolean settle(boolean closing) {
        switch (state) {
            case STRING -> {
                boolean ended = string.maybeEmpty();
                if (!key && (ended || closing)) {
                    out.append('"');
                }
                return ended && !key;
            }
            case WORD -> {
                if (key) {
                    return false;
                }
                int number = JsonText.numberPrefix(word);
                boolean literal = !BareWord.json(word).startsWith("\"");
                if (closing || literal) {
                    lead();
                    out.append(BareWord.json(word));
                } else if (number > 0) {
                    lead();
                    out.append(word, 0, number);
                }
                state = State.NEXT;
                return closing;
            }
            case VALUE, VALUE_OR_END, KEY_OR_END, COLON, NEXT, DONE -> {
                return true;
            }
        }
        throw new IllegalStateException();
    }
}
