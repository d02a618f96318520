package dev.martlet.bench.serving;

import java.util.List;
import java.util.Optional;

/**
 * What came of one request. Times are of {@link System#nanoTime}.
 *
 * @param sentAt when the request was begun
 * @param pieces when each piece of text came
 * @param endedAt when the answer ended, whichever way
 * @param promptTokens as the server counted them; 0 where it failed
 * @param cachedTokens those of the prompt that it re-used
 * @param outputTokens as the server counted them
 * @param text the answer, where it was asked for
 * @param failure why this is no whole answer
 */
record Answer(
        long sentAt,
        List<Long> pieces,
        long endedAt,
        int promptTokens,
        int cachedTokens,
        int outputTokens,
        String text,
        Optional<String> failure) {
    private static final double NANOS = 1e9;

    Answer {
        pieces = List.copyOf(pieces);
    }

    /** Seconds to the first piece of text; those of the whole answer where there was no text. */
    double timeToFirst() {
        return ((pieces.isEmpty() ? endedAt : pieces.getFirst()) - sentAt) / NANOS;
    }

    /** The longest time between two pieces, in seconds; 0 with fewer than two. */
    double worstGap() {
        long worst = 0;
        for (int i = 1; i < pieces.size(); i++) {
            worst = Math.max(worst, pieces.get(i) - pieces.get(i - 1));
        }
        return worst / NANOS;
    }

    /**
     * The longest time without a piece between two moments while the answer was not yet over, in seconds: what a reader
     * sees, also one whose answer has not begun.
     */
    double longestSilence(long from, long to) {
        long last = from;
        long worst = 0;
        for (long piece : pieces) {
            if (piece > from && piece <= to) {
                worst = Math.max(worst, piece - last);
                last = piece;
            }
        }
        return Math.max(worst, Math.max(0, Math.min(to, endedAt) - last)) / NANOS;
    }

    /** Tokens a second after the first piece; 0 where that cannot be told. */
    double decodeRate() {
        if (pieces.size() < 2) {
            return 0;
        }
        return (outputTokens - 1) * NANOS / (pieces.getLast() - pieces.getFirst());
    }
}
