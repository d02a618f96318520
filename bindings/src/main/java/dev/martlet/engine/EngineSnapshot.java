package dev.martlet.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What an engine is doing at one moment: every request and every cached prefix in numbers, never their text.
 *
 * @param taken when
 * @param metrics levels and totals then
 * @param running in order of arrival
 * @param waiting in order of arrival, the first {@value #MOST_LISTED}; the metrics count them all
 * @param ended the last requests that ended, latest first
 * @param prefixes what finished requests left, the longest unused first
 * @param tenants whose requests run or wait, those with the most requests first, the first {@value #MOST_LISTED}
 */
public record EngineSnapshot(
        Instant taken,
        EngineMetrics metrics,
        List<Request> running,
        List<Request> waiting,
        List<Request> ended,
        List<Prefix> prefixes,
        List<Tenant> tenants) {

    /** Most waiting requests, and most tenants, that are listed. */
    public static final int MOST_LISTED = 256;

    public EngineSnapshot {
        running = List.copyOf(running);
        waiting = List.copyOf(waiting);
        ended = List.copyOf(ended);
        prefixes = List.copyOf(prefixes);
        tenants = List.copyOf(tenants);
    }

    /** What a request is about. */
    public enum State {
        /** For room, or for its turn. */
        WAITING,
        /** For another request that computes a prefix of it. */
        WAITING_FOR_PREFIX,
        PREFILL,
        DECODE,
        ENDED
    }

    /**
     * A request.
     *
     * @param id requests are numbered from 0 in their order of arrival
     * @param priority the lower the sooner
     * @param promptTokens tokens of the prompt
     * @param seenTokens tokens of prompt and output that are in the cache now
     * @param outputTokens tokens of output so far
     * @param maxTokens most tokens of output
     * @param preemptions how often it lost its cells for a while
     * @param age since its submission, until now or its end
     * @param queueWait until it first ran
     * @param timeToFirstToken until its first token
     * @param cache what it found in the cache when it first ran
     * @param finishReason why it ended
     */
    public record Request(
            long id,
            State state,
            int priority,
            int promptTokens,
            int seenTokens,
            int outputTokens,
            int maxTokens,
            int preemptions,
            Duration age,
            Optional<Duration> queueWait,
            Optional<Duration> timeToFirstToken,
            Optional<CacheOutcome> cache,
            Optional<FinishReason> finishReason) {}

    /**
     * Tokens of finished requests that others can continue from.
     *
     * @param tokens how many
     * @param resident whether they are in the KV cache
     * @param hostBytes what a copy in host memory takes; 0 for none
     */
    public record Prefix(int tokens, boolean resident, long hostBytes) {}

    /**
     * Who has requests here.
     *
     * @param name as their requests give it
     * @param running requests of theirs that run
     * @param waiting requests of theirs that wait
     */
    public record Tenant(String name, int running, int waiting) {}
}
