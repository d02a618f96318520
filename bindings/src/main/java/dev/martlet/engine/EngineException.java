package dev.martlet.engine;

/** The engine refused or failed a request; the engine itself goes on. */
public class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What kind of failure. */
    public enum Kind {
        /** The waiting queue is full; try again later. */
        QUEUE_FULL,
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

    public EngineException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public EngineException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
