package dev.martlet.engine;

/**
 * One request's drafts: what its prediction or its own text says may come next, and how often either came true. Only the
 * scheduler's thread uses it.
 */
final class Drafts {

    /** How often a draft comes true, as long as nothing is known: a little too seldom, so that one that would have is enough. */
    private static final double UNKNOWN = 0.25;

    /** The same of what the client foretells: it would not without a reason. */
    private static final double PROMISED = 0.9;

    /** Weight of the newest token. */
    private static final double NEWEST = 0.15;

    private static final int NONE = -1;

    private final PromptLookup lookup = new PromptLookup();

    /** Share of drafts that came true, of those whose predecessors had. */
    private double acceptance = UNKNOWN;

    /** The same of those that the client foretold. */
    private double kept = PROMISED;

    /** Whether what was found last is the client's. */
    private boolean promised;

    /** Where it stands. */
    private int[] source;

    /** Its first token. */
    private int at;

    /** How many tokens there are from there on. */
    private int known;

    /** What was foretold for the place {@link #expectedAt}. */
    private int expected = NONE;

    private int expectedAt = NONE;

    /** Looks for what may come next; false where there is nothing. */
    boolean find(Sequence sequence) {
        Prediction prediction = sequence.prediction;
        lookup.extend(sequence.tokens, sequence.size);
        promised = prediction != null && prediction.next() != Prediction.NONE;
        source = promised ? prediction.tokens() : sequence.tokens;
        at = promised ? prediction.next() : lookup.find(sequence.tokens, sequence.size);
        known = (promised ? source.length : sequence.size) - at;
        boolean found = at != PromptLookup.NONE;
        expected = found ? source[at] : NONE;
        expectedAt = sequence.size;
        return found;
    }

    /**
     * Copies what was found. A text that repeats itself up to its end goes on so; a prediction ends.
     *
     * @return how many tokens were copied, at most so many
     */
    int copy(int[] to, int count) {
        int most = promised ? Math.min(count, known) : count;
        for (int i = 0; i < most; i++) {
            to[i] = i < known ? source[at + i] : to[i - known];
        }
        return Math.max(0, most);
    }

    /** Whether what was found is what the client foretold. */
    boolean promised() {
        return promised;
    }

    /** Chance that a draft of what was found comes true where all before it have. */
    double acceptance() {
        return promised ? kept : acceptance;
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
        double share = cameTrue ? 1 : 0;
        if (promised) {
            kept += NEWEST * (share - kept);
        } else {
            acceptance += NEWEST * (share - acceptance);
        }
    }
}
