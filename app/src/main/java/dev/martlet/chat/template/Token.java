package dev.martlet.chat.template;

/**
 * A piece of a template's source.
 *
 * @param text the data, name, operator or unescaped string
 * @param value a number's value, else null
 * @param offset where it begins in the normalised source
 */
record Token(Kind kind, String text, Value value, int offset) {
    enum Kind {
        DATA,
        VARIABLE_BEGIN,
        VARIABLE_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        NUMBER,
        OPERATOR,
        END
    }

    boolean is(Kind wanted, String wantedText) {
        return kind == wanted && text.equals(wantedText);
    }

    boolean isOperator(String operator) {
        return is(Kind.OPERATOR, operator);
    }

    boolean isName(String name) {
        return is(Kind.NAME, name);
    }

    String describe() {
        return switch (kind) {
            case END -> "end of template";
            case BLOCK_END -> "end of statement block";
            case VARIABLE_END -> "end of print statement";
            case BLOCK_BEGIN -> "begin of statement block";
            case VARIABLE_BEGIN -> "begin of print statement";
            case DATA -> "template data";
            case NAME, STRING, NUMBER, OPERATOR -> "'" + text + "'";
        };
    }
}
