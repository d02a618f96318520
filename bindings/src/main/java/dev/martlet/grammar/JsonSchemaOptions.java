package dev.martlet.grammar;

/**
 * How JSON is written under a schema.
 *
 * @param declaredOrder whether members come in the order in which the schema lists them, and other members last; else in
 *     any order
 * @param compact whether there is no white space; else there may be one blank or one newline with at most 32 blanks of
 *     indentation inside brackets and behind commas, and one blank behind colons
 */
public record JsonSchemaOptions(boolean declaredOrder, boolean compact) {

    /** Any order of members, and white space where writers put it. */
    public static JsonSchemaOptions standard() {
        return new JsonSchemaOptions(false, false);
    }
}
