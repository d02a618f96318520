package dev.martlet.grammar;

import java.util.List;

/** A construct of a GBNF grammar as it is read. */
sealed interface GbnfPart {

    /** One character. */
    record Character(CodePoints points) implements GbnfPart {}

    record Literal(String text) implements GbnfPart {}

    /** A control token by its spelling. */
    record Token(String spelling) implements GbnfPart {}

    /** @param offset where the reference stands */
    record Reference(String rule, int offset) implements GbnfPart {}

    record Sequence(List<GbnfPart> parts) implements GbnfPart {}

    record Choice(List<GbnfPart> options) implements GbnfPart {}

    /** @param max {@link Rx#UNBOUNDED} for no bound */
    record Repeat(GbnfPart item, int min, int max) implements GbnfPart {}
}
