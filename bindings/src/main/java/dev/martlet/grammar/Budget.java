package dev.martlet.grammar;

/** The work that one compilation may do: a count, not a clock, so that a grammar compiles everywhere or nowhere. */
final class Budget {

    /** Three times what the largest schemas in use take, and less than a second. */
    static final long DEFAULT = 10_000_000;

    /** Most states of one automaton. */
    static final int MAX_STATES = 30_000;

    private long left;

    Budget(long steps) {
        this.left = steps;
    }

    /** @throws GrammarException TOO_COMPLEX when the work is used up */
    void spend(long steps) {
        left -= steps;
        if (left < 0) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX, "", "", "the grammar needs too much work to compile");
        }
    }
}
