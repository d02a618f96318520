package dev.martlet.grammar;

import java.util.List;

/**
 * A condition on a JSON value, built of schemas and constants by and, or, not; made only by {@link FormulaPool} but for
 * the two constants, so that equal formulas are the same object.
 */
final class Formula {

    enum Kind {
        TRUE,
        FALSE,
        SCHEMA,
        CONSTANT,
        NOT,
        AND,
        OR
    }

    static final Formula TRUE = new Formula(Kind.TRUE, 0, List.of(), "", new JsonValue.Bool(true));
    static final Formula FALSE = new Formula(Kind.FALSE, 1, List.of(), "", new JsonValue.Bool(false));

    final Kind kind;
    final int id;
    final List<Formula> parts;
    /** Where the schema or constant stands, as a JSON pointer. */
    final String pointer;
    /** The schema or the constant. */
    final JsonValue json;

    Formula(Kind kind, int id, List<Formula> parts, String pointer, JsonValue json) {
        this.kind = kind;
        this.id = id;
        this.parts = parts;
        this.pointer = pointer;
        this.json = json;
    }

    /** Some place in the schema that this condition comes from. */
    String somePointer() {
        return parts.isEmpty() ? pointer : parts.get(0).somePointer();
    }
}
