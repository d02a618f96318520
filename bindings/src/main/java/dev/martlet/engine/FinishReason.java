package dev.martlet.engine;

/** Why a generation ended. */
public enum FinishReason {
    /** The model ended it, or a stop token came. */
    STOP,
    /** The token limit or the context's room ran out. */
    LENGTH,
    /** {@link Generation#cancel()}, or nobody read it. */
    CANCELLED,
    /** Its deadline passed. */
    DEADLINE,
    /** The engine was shut down. */
    SHUTDOWN,
    /** The engine failed; {@link TokenEvent.End#failure()} says how. */
    ERROR
}
