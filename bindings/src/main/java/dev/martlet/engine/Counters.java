package dev.martlet.engine;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The scheduler's counters. One thread writes, any thread reads; single values are never torn, the whole is only
 * roughly of one moment.
 */
final class Counters {

    /** What is counted. */
    enum Counter {
        WAITING,
        RUNNING,
        CACHED_PREFIXES,
        USED_CELLS,
        HOST_BYTES,
        SUBMITTED,
        ENDED,
        CANCELLED,
        FAILED,
        STEPS,
        PROMPT_TOKENS,
        PREFILL_TOKENS,
        CACHED_TOKENS,
        DECODE_TOKENS,
        DRAFTS_ACCEPTED,
        DRAFTS_REJECTED,
        FORCED_TOKENS,
        PREEMPTIONS,
        EVICTIONS,
        SPILLS,
        RESTORES,
        RECOVERIES,
        DECODE_MICROS,
        SAMPLE_MICROS
    }

    private final AtomicLongArray values = new AtomicLongArray(Counter.values().length);
    private final int contextTokens;

    Counters(int contextTokens) {
        this.contextTokens = contextTokens;
    }

    /** Adds. Only the scheduler's thread calls it, so that a plain read and an ordered write do. */
    void add(Counter counter, long amount) {
        int i = counter.ordinal();
        values.lazySet(i, values.getPlain(i) + amount);
    }

    /** Sets a level. Only the scheduler's thread calls it. */
    void set(Counter counter, long value) {
        values.lazySet(counter.ordinal(), value);
    }

    private long get(Counter counter) {
        return values.get(counter.ordinal());
    }

    EngineMetrics snapshot() {
        return new EngineMetrics(
                (int) get(Counter.WAITING),
                (int) get(Counter.RUNNING),
                (int) get(Counter.CACHED_PREFIXES),
                (int) get(Counter.USED_CELLS),
                contextTokens,
                get(Counter.HOST_BYTES),
                get(Counter.SUBMITTED),
                get(Counter.ENDED),
                get(Counter.CANCELLED),
                get(Counter.FAILED),
                get(Counter.STEPS),
                get(Counter.PROMPT_TOKENS),
                get(Counter.PREFILL_TOKENS),
                get(Counter.CACHED_TOKENS),
                get(Counter.DECODE_TOKENS),
                get(Counter.DRAFTS_ACCEPTED),
                get(Counter.DRAFTS_REJECTED),
                get(Counter.FORCED_TOKENS),
                get(Counter.PREEMPTIONS),
                get(Counter.EVICTIONS),
                get(Counter.SPILLS),
                get(Counter.RESTORES),
                get(Counter.RECOVERIES),
                get(Counter.DECODE_MICROS),
                get(Counter.SAMPLE_MICROS));
    }
}
