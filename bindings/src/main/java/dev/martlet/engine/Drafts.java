package dev.martlet.engine;

/**
 * One request's drafts: what its own text says may come next, and how often that came true. Only the scheduler's thread
 * uses it.
 */
final class Drafts {

    /** How often a draft comes true, as long as nothing is known: a little too seldom, so that one that would have is enough. */
    private static final double UNKNOWN = 0.25;

    /** Weight of the newest token. */
    private static final double NEWEST = 0.15;

    private static final int NONE = -1;

    private final PromptLookup lookup = new PromptLookup();

    /** Share of drafts that came true, of those whose predecessors had. */
    private double acceptance = UNKNOWN;

    /** What was foretold for the place {@link #expectedAt}. */
    private int expected = NONE;

    private int expectedAt = NONE;

    /**
     * Looks for what may come next.
     *
     * @return the place in the tokens that it stands from; {@link PromptLookup#NONE} where there is nothing
     */
    int find(Sequence sequence) {
        lookup.extend(sequence.tokens, sequence.size);
        int at = lookup.find(sequence.tokens, sequence.size);
        expected = at == PromptLookup.NONE ? NONE : sequence.tokens[at];
        expectedAt = sequence.size;
        return at;
    }

    /** Chance that a draft comes true where all before it have. */
    double acceptance() {
        return acceptance;
    }

    /**
     * Learns what became of what was found last. That is so without drafts in the step, too: a text that begins to repeat
     * itself is noticed before it costs anything to try.
     *
     * @param drafted number of drafts in the step
     * @param rows number of rows that came out
     * @param token that of the first row
     * @param at its place
     */
    void learn(int drafted, int rows, int token, int at) {
        if (drafted > 0) {
            for (int i = 1; i < rows; i++) {
                learn(true);
            }
            if (rows <= drafted) {
                learn(false);
            }
        } else if (expected != NONE && expectedAt == at) {
            learn(token == expected);
        }
        expected = NONE;
    }

    private void learn(boolean cameTrue) {
        acceptance += NEWEST * ((cameTrue ? 1 : 0) - acceptance);
    }
}
