package dev.martlet.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The tokens of finished requests, which stay in the KV cache under their sequence ids until the room is needed. A new
 * request shares the longest prefix that any of them, or any running request, has in common with it.
 */
final class PrefixCache {

    /** Waiting for a running request's prefill pays from this many tokens on. */
    static final int WORTH_WAITING = 16;

    /** A finished request's tokens and the id that holds them. */
    static final class Held {
        final int slot;
        final int[] tokens;
        final int length;
        private long lastUse;

        Held(int slot, int[] tokens, int length) {
            this.slot = slot;
            this.tokens = tokens;
            this.length = length;
        }
    }

    /**
     * What a request can start from.
     *
     * @param slot the sequence id to fork; -1 for none
     * @param length tokens it shares
     * @param held what holds it; null where nothing or a running request does
     * @param awaited a running request that will soon have more of the prefix; null for none
     * @param awaitedLength tokens it will have
     */
    record Match(int slot, int length, Held held, Sequence awaited, int awaitedLength) {
        static final Match NONE = new Match(Sequence.NO_SLOT, 0, null, null, 0);
    }

    private final List<Held> all = new ArrayList<>();
    private final boolean partial;
    private long clock;

    /**
     * @param partial whether a prefix of what a sequence holds can be shared, not only the whole
     */
    PrefixCache(boolean partial) {
        this.partial = partial;
    }

    int size() {
        return all.size();
    }

    /** All of them, the longest unused first. */
    List<EngineSnapshot.Prefix> describe() {
        List<Held> byUse = new ArrayList<>(all);
        byUse.sort(Comparator.comparingLong(held -> held.lastUse));
        return byUse.stream()
                .map(held -> new EngineSnapshot.Prefix(held.slot, held.length))
                .toList();
    }

    /** The best start for a waiting sequence. Its last token is always left to compute: its logits are needed. */
    Match find(Sequence wanted, List<Sequence> running) {
        int most = wanted.size - 1;
        int slot = Sequence.NO_SLOT;
        int length = 0;
        Held best = null;
        for (int i = 0; i < all.size(); i++) {
            Held held = all.get(i);
            int common = shareable(common(wanted.tokens, most, held.tokens, held.length), held.length);
            if (common > length) {
                slot = held.slot;
                length = common;
                best = held;
            }
        }
        Sequence awaited = null;
        int awaitedLength = 0;
        for (int i = 0; i < running.size(); i++) {
            Sequence other = running.get(i);
            int common = common(wanted.tokens, most, other.tokens, other.size);
            int now = shareable(Math.min(common, other.seen), other.seen);
            if (now > length) {
                slot = other.slot;
                length = now;
                best = null;
            }
            if (partial && common > other.seen && common > awaitedLength) {
                awaited = other;
                awaitedLength = common;
            }
        }
        if (awaitedLength - length < WORTH_WAITING) {
            awaited = null;
        }
        if (best != null) {
            best.lastUse = ++clock;
        }
        return new Match(slot, length, best, awaited, awaitedLength);
    }

    private int shareable(int common, int whole) {
        return partial || common == whole ? common : 0;
    }

    private static int common(int[] a, int aLength, int[] b, int bLength) {
        int mismatch = Arrays.mismatch(a, 0, aLength, b, 0, bLength);
        return mismatch < 0 ? aLength : mismatch;
    }

    /**
     * Keeps a finished sequence's tokens, unless another already holds them all.
     *
     * @param freed receives the ids that are not needed any more: of shorter prefixes of it, or its own
     */
    void hold(int slot, int[] tokens, int length, List<Held> freed) {
        Held added = new Held(slot, tokens, length);
        added.lastUse = ++clock;
        for (int i = all.size() - 1; i >= 0; i--) {
            Held held = all.get(i);
            int common = common(tokens, length, held.tokens, held.length);
            if (common == length) {
                held.lastUse = clock;
                freed.add(added);
                return;
            }
            // A model that cannot be trimmed can only start from whole sequences, so that shorter ones keep their
            // worth.
            if (partial && common == held.length) {
                freed.add(held);
                all.remove(i);
            }
        }
        all.add(added);
    }

    /** Takes out the least recently used one beside {@code keep}; null when there is none. */
    Held evict(Held keep) {
        Held oldest = null;
        for (int i = 0; i < all.size(); i++) {
            Held held = all.get(i);
            if (held != keep && (oldest == null || held.lastUse < oldest.lastUse)) {
                oldest = held;
            }
        }
        all.remove(oldest);
        return oldest;
    }

    /** Takes this one out: somebody takes its sequence id over. */
    void remove(Held held) {
        all.remove(held);
    }

    /** Forgets everything, when the context is gone. */
    void clear() {
        all.clear();
    }
}
