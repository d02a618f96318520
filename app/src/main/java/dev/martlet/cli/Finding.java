package dev.martlet.cli;

import java.util.Optional;

/**
 * Something that {@code doctor} has to say.
 *
 * @param text a sentence without capital and full stop
 * @param remedy what mends it, a command where there is one
 */
record Finding(Level level, String text, Optional<String> remedy) {

    /** How much it matters. */
    enum Level {
        /** As it should be. */
        OK,
        /** It works, but not as well as it could. */
        NOTE,
        /** {@code serve} would fail. */
        PROBLEM
    }

    static Finding ok(String text) {
        return new Finding(Level.OK, text, Optional.empty());
    }

    static Finding note(String text, Optional<String> remedy) {
        return new Finding(Level.NOTE, text, remedy);
    }

    static Finding problem(String text, String remedy) {
        return new Finding(Level.PROBLEM, text, Optional.of(remedy));
    }
}
