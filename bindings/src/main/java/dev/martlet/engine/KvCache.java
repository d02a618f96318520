package dev.martlet.engine;

import dev.martlet.engine.Counters.Counter;
import dev.martlet.engine.PrefixCache.Held;
import dev.martlet.engine.PrefixCache.Match;
import java.util.ArrayList;
import java.util.List;

/**
 * Who has which sequence id and its cells: running sequences and the prefixes that finished ones left. Every id is free,
 * running or held, and never two of these. Only the scheduler's thread uses it.
 */
final class KvCache {

    private final StepRunner runner;
    private final StepRunner.Limits limits;
    private final PrefixCache prefixes;
    private final boolean sharing;
    private final Counters counters;
    private final List<Held> dropped = new ArrayList<>();

    /** A stack; the lowest id is given first. */
    private final int[] free;

    private int freeCount;

    KvCache(StepRunner runner, boolean sharing, Counters counters) {
        this.runner = runner;
        this.limits = runner.limits();
        this.prefixes = new PrefixCache(limits.partialPrefix());
        this.sharing = sharing;
        this.counters = counters;
        this.free = new int[limits.sequences()];
        freeAll();
    }

    private void freeAll() {
        for (freeCount = 0; freeCount < free.length; freeCount++) {
            free[freeCount] = free.length - 1 - freeCount;
        }
    }

    /** What a waiting sequence could start from now, or should wait for. */
    Match find(Sequence wanted, List<Sequence> running) {
        return sharing ? prefixes.find(wanted, running) : Match.NONE;
    }

    /**
     * Gives a sequence an id, filled with what it matched, if there is room for all its tokens and one more of each
     * running sequence; held prefixes make room, least recently used first. With nothing running there is always room.
     *
     * @return false when it must wait
     */
    boolean admit(Sequence sequence, Match match, List<Sequence> running) {
        boolean takeOver = false;
        while (!fits(sequence, match, running)) {
            if (!evictBeside(match.held())) {
                if (!running.isEmpty()) {
                    return false;
                }
                takeOver = match.held() != null;
                break;
            }
        }
        if (freeCount == 0 && !takeOver) {
            takeOver = !evictBeside(match.held());
        }
        start(sequence, match, takeOver);
        return true;
    }

    private boolean fits(Sequence sequence, Match match, List<Sequence> running) {
        long wanted = (long) runner.usedCells() + sequence.size - match.length() + 1;
        for (int i = 0; i < running.size(); i++) {
            wanted += running.get(i).gap() + 1;
        }
        return wanted <= limits.contextTokens();
    }

    private void start(Sequence sequence, Match match, boolean takeOver) {
        if (takeOver) {
            Held held = match.held();
            prefixes.remove(held);
            counters.add(Counter.EVICTIONS, 1);
            sequence.slot = held.slot;
            if (held.length > match.length()) {
                runner.trim(held.slot, match.length());
            }
        } else {
            sequence.slot = free[--freeCount];
            if (match.length() > 0) {
                runner.fork(match.slot(), sequence.slot, match.length());
            }
        }
        sequence.seen = match.length();
    }

    /** Drops the least recently used prefix; false when there is none. */
    boolean evictOne() {
        return evictBeside(null);
    }

    private boolean evictBeside(Held keep) {
        Held evicted = prefixes.evict(keep);
        if (evicted == null) {
            return false;
        }
        empty(evicted.slot);
        counters.add(Counter.EVICTIONS, 1);
        return true;
    }

    /** Takes a running sequence's id and cells away; it can be admitted again. */
    void drop(Sequence sequence) {
        empty(sequence.slot);
        sequence.slot = Sequence.NO_SLOT;
        sequence.seen = 0;
    }

    /** Keeps what an ended sequence computed for others, or frees it. */
    void leave(Sequence sequence) {
        if (!sharing || sequence.seen == 0) {
            drop(sequence);
            return;
        }
        dropped.clear();
        prefixes.hold(sequence.slot, sequence.tokens, sequence.seen, dropped);
        sequence.slot = Sequence.NO_SLOT;
        for (int i = 0; i < dropped.size(); i++) {
            empty(dropped.get(i).slot);
        }
    }

    private void empty(int slot) {
        runner.trim(slot, 0);
        free[freeCount++] = slot;
    }

    /** Drops every held prefix. */
    void flush() {
        while (evictOne()) {
            // each turn drops one
        }
    }

    /** Everything is free again, after the context was made anew. */
    void reset() {
        prefixes.clear();
        freeAll();
    }

    /** Number of held prefixes. */
    int heldCount() {
        return prefixes.size();
    }

    /** The held prefixes, for whoever watches. */
    List<EngineSnapshot.Prefix> prefixes() {
        return prefixes.describe();
    }

    /** Number of ids nobody has. */
    int freeCount() {
        return freeCount;
    }

    int usedCells() {
        return runner.usedCells();
    }
}
