package dev.martlet.engine;

import java.time.Duration;
import java.util.Optional;

/** The engine refused or failed a request; the engine itself goes on. */
public class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What kind of failure. */
    public enum Kind {
        /** As many requests wait as may; {@link #retryAfter()} says when to try again. */
        QUEUE_FULL,
        /** The requests that wait have as many tokens as they may; {@link #retryAfter()} says when to try again. */
        QUEUE_TOKENS_FULL,
        /** As many requests of this tenant wait as may; {@link #retryAfter()} says when to try again. */
        TENANT_QUEUE_FULL,
        /** The prompt does not fit into the context. */
        PROMPT_TOO_LONG,
        /** The engine is shutting down. */
        SHUTDOWN,
        /** No token can be chosen, or a constraint's grammar is too ambiguous at some point. */
        CONSTRAINT,
        /** The native library failed. */
        NATIVE
    }

    private final Kind kind;

    /** Null where a next try makes no sense. */
    private final Duration retryAfter;

    public EngineException(Kind kind, String message) {
        super(message);
        this.kind = kind;
        this.retryAfter = null;
    }

    public EngineException(Kind kind, String message, Duration retryAfter) {
        super(message);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    public EngineException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = null;
    }

    public Kind kind() {
        return kind;
    }

    /** How long what waits is expected to take; zero as long as nothing is known of that. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
