package dev.martlet.engine;

import java.util.Arrays;

/**
 * Where a sequence's last tokens stood before in it, for drafts of what comes next ("prompt lookup decoding", A. Saxena,
 * 2023). Its pairs of tokens are kept in hash chains, the newest first, as LZ77 compressors keep theirs (RFC 1951,
 * section 4), so that a token costs the same however long the sequence is. Memory grows with the sequence, by doubling.
 *
 * <p>It keeps no tokens: each call gets the same ones as before, with more behind them.
 */
final class PromptLookup {

    /** What {@link #find} returns for none. */
    static final int NONE = -1;

    /** Tokens that must stand before; one alone tells next to nothing. */
    static final int LEAST_MATCH = 2;

    /** A match of this length is taken at once: longer ones tell little more. */
    static final int GOOD_MATCH = 8;

    /** Earlier places that are looked at. */
    private static final int MOST_PLACES = 16;

    private static final int LEAST_CAPACITY = 64;

    /** By hash: behind the latest pair; 0 for none. */
    private int[] latest = {};

    /** By the place behind a pair: that behind the pair of the same hash before it; 0 for none. */
    private int[] previous = {};

    /** The pairs before this place are in. */
    private int indexed = LEAST_MATCH - 1;

    /** Takes up what was added since the last call. */
    void extend(int[] tokens, int size) {
        if (size > previous.length) {
            grow(tokens, size);
        }
        // A pair that nothing follows yet would only find itself.
        for (int at = indexed + 1; at < size; at++) {
            add(tokens, at);
        }
        indexed = Math.max(indexed, size - 1);
    }

    private void grow(int[] tokens, int size) {
        int capacity = Math.max(LEAST_CAPACITY, Integer.highestOneBit(size) << 1);
        previous = Arrays.copyOf(previous, capacity);
        latest = new int[capacity];
        for (int at = LEAST_MATCH; at <= indexed; at++) {
            add(tokens, at);
        }
    }

    private void add(int[] tokens, int at) {
        int hash = hash(tokens, at);
        previous[at] = latest[hash];
        latest[hash] = at;
    }

    /** Of the pair before a place. */
    private int hash(int[] tokens, int at) {
        int mixed = (tokens[at - 2] * 0x9E3779B1 + tokens[at - 1]) * 0x85EBCA77;
        return mixed >>> Integer.numberOfLeadingZeros(latest.length) + 1;
    }

    /**
     * Finds the longest match of the last tokens, of those of the same length the latest.
     *
     * @return the place of what followed there, less than {@code size}; or {@link #NONE}
     */
    int find(int[] tokens, int size) {
        if (size <= LEAST_MATCH) {
            return NONE;
        }
        int best = NONE;
        int matched = LEAST_MATCH - 1;
        int at = latest[hash(tokens, size)];
        for (int tried = 0; at > 0 && tried < MOST_PLACES && matched < GOOD_MATCH; tried++) {
            int length = common(tokens, at, size);
            if (length > matched) {
                matched = length;
                best = at;
            }
            at = previous[at];
        }
        return best;
    }

    private static int common(int[] tokens, int at, int size) {
        int length = 0;
        while (length < GOOD_MATCH && length < at && tokens[at - 1 - length] == tokens[size - 1 - length]) {
            length++;
        }
        return length;
    }
}
