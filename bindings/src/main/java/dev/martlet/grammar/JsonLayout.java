package dev.martlet.grammar;

/**
 * Where JSON may have white space: nowhere, or one blank or one newline with bounded indentation inside brackets and
 * behind commas, and one blank behind colons. That takes in what all common writers print and leaves nothing to spin in.
 */
enum JsonLayout {
    COMPACT(""),
    SPACED("( |\\n[ \\t]{0," + KeyTable.MAX_INDENT + "})?");

    private final Lexer openArray;
    private final Lexer closeArray;
    private final Lexer closeObject;
    private final Lexer comma;
    private final Dfa anyKey;

    JsonLayout(String space) {
        Budget shared = new Budget(Long.MAX_VALUE / 2);
        this.openArray = RegexParser.matching("\\[" + space, shared);
        this.closeArray = RegexParser.matching(space + "\\]", shared);
        this.closeObject = RegexParser.matching(space + "\\}", shared);
        this.comma = RegexParser.matching("," + space, shared);
        this.anyKey = JsonText.restOfKey(JsonText.ANY_TEXT, !space.isEmpty(), shared);
    }

    boolean spaced() {
        return this == SPACED;
    }

    Lexer openArray() {
        return openArray;
    }

    Lexer closeArray() {
        return closeArray;
    }

    Lexer closeObject() {
        return closeObject;
    }

    Lexer comma() {
        return comma;
    }

    /** {@link JsonText#restOfKey} of any text. */
    Dfa anyKey() {
        return anyKey;
    }
}
