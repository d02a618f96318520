package dev.martlet.engine;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The engine's counters. Each has one writer at a time, any thread reads; single values are never torn, the whole is only
 * roughly of one moment.
 */
final class Counters {

    /** What is counted. */
    enum Counter {
        WAITING,
        RUNNING,
        WAITING_TOKENS,
        PREDICTED_WAIT_MICROS,
        PROMPT_TOKEN_NANOS,
        OUTPUT_TOKEN_NANOS,
        MEAN_OUTPUT_TOKENS,
        CACHED_PREFIXES,
        USED_CELLS,
        HOST_BYTES,
        SUBMITTED,
        ENDED,
        CANCELLED,
        FAILED,
        EXPIRED,
        REJECTED_REQUESTS,
        REJECTED_TOKENS,
        REJECTED_TENANT,
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

    /**
     * Adds. Each counter has one writer at a time, so that a plain read and an ordered write do: the scheduler's thread, or
     * for what is refused whoever holds the inbox's lock.
     */
    void add(Counter counter, long amount) {
        int i = counter.ordinal();
        values.lazySet(i, values.getPlain(i) + amount);
    }

    /** Sets a level. As for {@link #add}. */
    void set(Counter counter, long value) {
        values.lazySet(counter.ordinal(), value);
    }

    /** A counter's value, for its writer. */
    long total(Counter counter) {
        return values.getPlain(counter.ordinal());
    }

    private long get(Counter counter) {
        return values.get(counter.ordinal());
    }

    EngineMetrics snapshot() {
        return new EngineMetrics(
                (int) get(Counter.WAITING),
                (int) get(Counter.RUNNING),
                get(Counter.WAITING_TOKENS),
                get(Counter.PREDICTED_WAIT_MICROS),
                get(Counter.PROMPT_TOKEN_NANOS),
                get(Counter.OUTPUT_TOKEN_NANOS),
                (int) get(Counter.MEAN_OUTPUT_TOKENS),
                (int) get(Counter.CACHED_PREFIXES),
                (int) get(Counter.USED_CELLS),
                contextTokens,
                get(Counter.HOST_BYTES),
                get(Counter.SUBMITTED),
                get(Counter.ENDED),
                get(Counter.CANCELLED),
                get(Counter.FAILED),
                get(Counter.EXPIRED),
                get(Counter.REJECTED_REQUESTS),
                get(Counter.REJECTED_TOKENS),
                get(Counter.REJECTED_TENANT),
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
