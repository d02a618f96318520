package dev.martlet.engine;

/**
 * What a client foretells of its request's answer, and how far the answer keeps to it. Where the answer leaves it, it is
 * found again close by, as after a word that was changed, or by its last two tokens. Only the scheduler's thread uses it.
 */
final class Prediction {

    /** What {@link #next} is where the answer goes its own way. */
    static final int NONE = -1;

    /** So many tokens may be others or come in between for the answer to be found again by a single token. */
    private static final int NEAR = 3;

    private final int[] tokens;
    private final PredictionPlaces places;

    /** The tokens that were seen in the answer. */
    private final boolean[] appeared;

    /** The place of the token that is foretold for what comes next, or NONE. */
    private int next;

    /** All before this place have been met or passed over. */
    private int passed;

    /** Where the answer left the prediction last. */
    private int left;

    /** Tokens of the answer since, that one included. */
    private int astray;

    /** @param tokens at least one */
    Prediction(int[] tokens) {
        this.tokens = tokens;
        this.appeared = new boolean[tokens.length];
        this.places = new PredictionPlaces(tokens);
    }

    /**
     * Takes up that the answer goes on with the last token of this text.
     *
     * @return how many more of the tokens have been seen in the answer
     */
    int follow(int[] text, int size) {
        int token = text[size - 1];
        if (next != NONE && tokens[next] != token) {
            left = next;
            astray = 0;
            next = NONE;
        }
        if (next != NONE) {
            return meet(next, 1);
        }
        if (astray++ == 0) {
            return 0;
        }
        int at = near(token);
        if (at != NONE) {
            return meet(at, 1);
        }
        int behind = places.find(text, size, passed);
        return behind == PromptLookup.NONE ? 0 : meet(behind - 1, PromptLookup.LEAST_MATCH);
    }

    /** The place of a token if as many before it were replaced as the answer has of its own, or all of those are new. */
    private int near(int token) {
        if (astray > NEAR + 1) {
            return NONE;
        }
        int behind = left + astray - 1;
        if (behind < tokens.length && tokens[behind] == token) {
            return behind;
        }
        return left < tokens.length && tokens[left] == token ? left : NONE;
    }

    /** The answer is where the prediction has this place, and the last {@code count} tokens are the same. */
    private int meet(int at, int count) {
        int seen = 0;
        for (int i = at; i > at - count; i--) {
            seen += appeared[i] ? 0 : 1;
            appeared[i] = true;
        }
        passed = Math.max(passed, at + 1);
        next = at + 1 < tokens.length ? at + 1 : NONE;
        left = tokens.length;
        return seen;
    }

    /** What is foretold. */
    int[] tokens() {
        return tokens;
    }

    /** The place of the token that is foretold for what comes next, or {@link #NONE}. */
    int next() {
        return next;
    }
}
