package dev.martlet.engine;

/**
 * Where in a prediction the last tokens of an answer stand. An answer mostly keeps the prediction's order, so the next
 * place ahead is tried before those that were passed. Places are found by pairs of tokens in hash chains, as in
 * {@link PromptLookup}, but in their order, and the chains' beginnings move along with the answer.
 */
final class PredictionPlaces {

    /** A match of this length is taken at once. */
    private static final int GOOD_MATCH = PromptLookup.GOOD_MATCH;

    /** Places that are looked at, ahead and among all. */
    private static final int MOST_PLACES = 16;

    private final int[] tokens;

    /** By hash: behind the first pair; 0 for none. */
    private final int[] first;

    /** By hash: behind the first pair that is not known to be passed; 0 for none. */
    private final int[] ahead;

    /** By the place behind a pair: that behind the next pair of the same hash; 0 for none. */
    private final int[] following;

    PredictionPlaces(int[] tokens) {
        this.tokens = tokens;
        int capacity = Integer.highestOneBit(tokens.length) << 1;
        first = new int[capacity];
        following = new int[tokens.length];
        // A pair that nothing follows is of no use.
        for (int at = tokens.length - 1; at >= PromptLookup.LEAST_MATCH; at--) {
            int hash = hash(tokens, at);
            following[at] = first[hash];
            first[hash] = at;
        }
        ahead = first.clone();
    }

    /** Of the pair before a place. */
    private int hash(int[] text, int at) {
        int mixed = (text[at - 2] * 0x9E3779B1 + text[at - 1]) * 0x85EBCA77;
        return mixed >>> Integer.numberOfLeadingZeros(first.length) + 1;
    }

    /**
     * Finds the last tokens of a text.
     *
     * @param passed the places before this one have been met; it never becomes less
     * @return the place of what follows them; or {@link PromptLookup#NONE}
     */
    int find(int[] text, int size, int passed) {
        if (size < PromptLookup.LEAST_MATCH) {
            return PromptLookup.NONE;
        }
        int hash = hash(text, size);
        int at = ahead[hash];
        while (at > 0 && at <= passed) {
            at = following[at];
        }
        ahead[hash] = at;
        int next = longest(at, text, size);
        int any = longest(first[hash], text, size);
        return common(any, text, size) > common(next, text, size) ? any : next;
    }

    /** The longest match of a chain from this place on, of the same length the first. */
    private int longest(int from, int[] text, int size) {
        int best = PromptLookup.NONE;
        int matched = PromptLookup.LEAST_MATCH - 1;
        int at = from;
        for (int tried = 0; at > 0 && tried < MOST_PLACES && matched < GOOD_MATCH; tried++) {
            int length = common(at, text, size);
            if (length > matched) {
                matched = length;
                best = at;
            }
            at = following[at];
        }
        return best;
    }

    private int common(int at, int[] text, int size) {
        int most = Math.min(GOOD_MATCH, Math.min(at, size));
        int length = 0;
        while (length < most && tokens[at - 1 - length] == text[size - 1 - length]) {
            length++;
        }
        return length;
    }
}
