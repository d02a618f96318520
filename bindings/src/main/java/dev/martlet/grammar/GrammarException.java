package dev.martlet.grammar;

import java.util.Objects;

/** A grammar, schema or regex that is refused, with the place in it and the word that is to blame. */
public final class GrammarException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** Why a grammar is refused. */
    public enum Reason {
        /** It is not well-formed: bad JSON, bad regex syntax, a keyword's value of the wrong type, a missing reference. */
        INVALID,
        /** It is well-formed but asks for something that the engine cannot enforce exactly. */
        UNSUPPORTED,
        /** Nothing satisfies it. */
        UNSATISFIABLE,
        /** It is over one of the limits on size, depth or work. */
        TOO_COMPLEX
    }

    private final Reason reason;
    private final String place;
    private final String keyword;

    /**
     * @param reason why
     * @param place a JSON pointer into the schema ("" is its root), or {@code offset N} in other grammars
     * @param keyword the schema keyword or the piece of syntax at that place; empty when none is to blame
     * @param detail one sentence for people
     */
    public GrammarException(Reason reason, String place, String keyword, String detail) {
        super(message(place, keyword, detail));
        this.reason = Objects.requireNonNull(reason, "reason");
        this.place = place;
        this.keyword = keyword;
    }

    private static String message(String place, String keyword, String detail) {
        String at = place.isEmpty() ? "at the root" : "at " + place;
        return keyword.isEmpty() ? detail + " (" + at + ")" : keyword + ": " + detail + " (" + at + ")";
    }

    public Reason reason() {
        return reason;
    }

    /** A JSON pointer into the schema ("" is its root), or {@code offset N} in other grammars. */
    public String place() {
        return place;
    }

    /** The schema keyword or piece of syntax to blame; empty when none is. */
    public String keyword() {
        return keyword;
    }
}
