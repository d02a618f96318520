package dev.martlet.memory;

import java.util.ArrayList;
import java.util.List;

/**
 * How large a buffer must be for the numbers of a graph, by ggml's rule (ggml/src/ggml-alloc.c): each takes the smallest gap
 * that holds it, otherwise the end; what is no longer needed leaves a gap. So the size depends on the order, too.
 */
final class Buffer {

    private static final long ALIGNMENT = 64;

    /** Gaps between what is taken, by place; the last has no end. */
    private final List<Piece> gaps = new ArrayList<>(List.of(new Piece(0, Long.MAX_VALUE / 2)));

    private long size;

    /** A part of the buffer. */
    record Piece(long from, long bytes) {
        private long to() {
            return from + bytes;
        }
    }

    /** Bytes it has needed so far. */
    long size() {
        return size;
    }

    Piece take(long bytes) {
        long wanted = Math.max(1, (bytes + ALIGNMENT - 1) / ALIGNMENT) * ALIGNMENT;
        int best = gaps.size() - 1;
        for (int i = gaps.size() - 2; i >= 0; i--) {
            if (gaps.get(i).bytes() >= wanted
                    && (best == gaps.size() - 1
                            || gaps.get(i).bytes() < gaps.get(best).bytes())) {
                best = i;
            }
        }
        Piece gap = gaps.get(best);
        Piece taken = new Piece(gap.from(), wanted);
        if (gap.bytes() == wanted) {
            gaps.remove(best);
        } else {
            gaps.set(best, new Piece(taken.to(), gap.bytes() - wanted));
        }
        size = Math.max(size, taken.to());
        return taken;
    }

    void free(Piece piece) {
        int at = 0;
        while (gaps.get(at).from() < piece.from()) {
            at++;
        }
        gaps.add(at, piece);
        join(at);
        if (at > 0) {
            join(at - 1);
        }
    }

    private void join(int at) {
        if (at + 1 < gaps.size() && gaps.get(at).to() == gaps.get(at + 1).from()) {
            Piece next = gaps.remove(at + 1);
            gaps.set(at, new Piece(gaps.get(at).from(), gaps.get(at).bytes() + next.bytes()));
        }
    }
}
