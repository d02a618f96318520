package dev.martlet.engine;

import java.util.Optional;

/**
 * The life of one request in times and numbers, without its text. After the submission only the scheduler's thread uses
 * it. Times are moments of the scheduler's clock, in nanoseconds.
 */
final class RequestTrace {

    /** The moment of what has not happened. */
    static final long NEVER = Long.MIN_VALUE;

    final long id;
    final int priority;
    final int promptTokens;
    final int maxTokens;
    final long submitted;
    long firstRun = NEVER;
    long firstToken = NEVER;
    long lastToken = NEVER;
    long ended = NEVER;
    int outputTokens;
    int preemptions;
    Optional<CacheOutcome> cache = Optional.empty();
    Optional<FinishReason> reason = Optional.empty();

    /** Begun at the submission when a recording runs, else null. */
    final RequestEvent event;

    RequestTrace(long id, GenerationRequest request, long submitted) {
        this.id = id;
        this.priority = request.priority();
        this.promptTokens = request.prompt().length;
        this.maxTokens = request.maxTokens();
        this.submitted = submitted;
        this.event = RequestEvent.begun();
    }

    int cachedTokens() {
        return cache.map(CacheOutcome::tokens).orElse(0);
    }
}
