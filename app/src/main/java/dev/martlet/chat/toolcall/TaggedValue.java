package dev.martlet.chat.toolcall;

/**
 * Writes an arguments object from tagged values. Strings are escaped and passed on as they come; other values are
 * collected up to their end, when their type can be told.
 */
final class TaggedValue {
    private static final String CDATA = "<![CDATA[";
    private static final String CDATA_END = "]]>";

    private final boolean framed;
    private final StringBuilder collected = new StringBuilder();
    private final StringBuilder wrapped = new StringBuilder();
    private final StringBuilder held = new StringBuilder();
    private StringBuilder out = new StringBuilder();
    private String key = "";
    private int types;
    private boolean wrapper;
    private boolean streaming;
    private boolean keyWritten;
    private boolean first;
    private boolean lineStart;
    private boolean any;

    /** @param framed whether one newline stands on each side of a value */
    TaggedValue(boolean framed) {
        this.framed = framed;
    }

    /** Begins a call's arguments. */
    void begin(StringBuilder target) {
        out = target;
        any = false;
        wrapped.setLength(0);
        out.append('{');
    }

    void beginValue(String name, int allowed, boolean mayWrap) {
        unwrap(false);
        key = name;
        types = allowed;
        wrapper = mayWrap && !any;
        streaming = allowed == Toolbox.STRING;
        keyWritten = false;
        first = true;
        lineStart = true;
        collected.setLength(0);
        held.setLength(0);
    }

    /** Whether the value is passed on as it comes. */
    boolean streaming() {
        return streaming;
    }

    /** Whether the value's text, so far, ends with a newline. */
    boolean atLineStart() {
        return lineStart;
    }

    void text(char c) {
        lineStart = c == '\n';
        if (first) {
            first = false;
            if (framed && c == '\n') {
                return;
            }
        }
        if (!streaming) {
            collected.append(c);
            return;
        }
        held.append(c);
        if (waits()) {
            return;
        }
        writeKey();
        int certain = framed && c == '\n' ? held.length() - 1 : held.length();
        for (int i = 0; i < certain; i++) {
            JsonText.escape(held.charAt(i), out);
        }
        held.delete(0, certain);
    }

    /** Whether what is held may be framing: the last newline, or the brackets of character data. */
    private boolean waits() {
        if (framed && held.length() == 1 && held.charAt(0) == '\n') {
            return true;
        }
        if (keyWritten) {
            return false;
        }
        int length = held.length();
        return length <= CDATA.length() ? CDATA.startsWith(held.toString()) : held.indexOf(CDATA) == 0;
    }

    private void writeKey() {
        if (!keyWritten) {
            keyWritten = true;
            writeKey(key);
            out.append('"');
        }
    }

    private void writeKey(String name) {
        out.append(any ? ", " : "").append(JsonText.quote(name)).append(": ");
        any = true;
    }

    void endValue() {
        if (!streaming) {
            if (framed && !collected.isEmpty() && collected.charAt(collected.length() - 1) == '\n') {
                collected.setLength(collected.length() - 1);
            }
            String json = TypedText.json(characterData(collected.toString()), types);
            if (wrapper && json.startsWith("{")) {
                wrapped.append(json);
                return;
            }
            writeKey(key);
            out.append(json);
            return;
        }
        String rest = held.toString();
        if (framed && rest.endsWith("\n")) {
            rest = rest.substring(0, rest.length() - 1);
        }
        writeKey();
        out.append(inner(keyWrittenWith(rest)));
        out.append('"');
        held.setLength(0);
    }

    private static String keyWrittenWith(String rest) {
        return JsonText.quote(characterData(rest));
    }

    private static String inner(String quoted) {
        return quoted.substring(1, quoted.length() - 1);
    }

    private static String characterData(String text) {
        String plain = text.strip();
        return plain.startsWith(CDATA) && plain.endsWith(CDATA_END)
                ? plain.substring(CDATA.length(), plain.length() - CDATA_END.length())
                : text;
    }

    /** The token limit cut the value. */
    void cut() {
        if (streaming) {
            if (keyWritten || !held.isEmpty() && !CDATA.startsWith(held.toString())) {
                String rest = held.toString();
                rest = framed && rest.endsWith("\n") ? rest.substring(0, rest.length() - 1) : rest;
                rest = rest.startsWith(CDATA) ? rest.substring(CDATA.length()) : rest;
                writeKey();
                out.append(inner(JsonText.quote(rest)));
            }
            return;
        }
        String json = TypedText.cut(collected.toString(), types);
        writeKey(key);
        out.append(json);
    }

    /** A sole object under a key that only wraps it stands for the arguments themselves. */
    private void unwrap(boolean alone) {
        if (wrapped.isEmpty()) {
            return;
        }
        if (alone && !any) {
            out.append(wrapped, 1, wrapped.length() - 1);
        } else {
            writeKey(key);
            out.append(wrapped);
        }
        wrapped.setLength(0);
    }

    /** Ends the arguments; the closing brace only where they are not cut. */
    void endArguments(boolean closed) {
        unwrap(true);
        if (closed) {
            out.append('}');
        }
    }
}
