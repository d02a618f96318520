package dev.martlet.engine;

/** How a step ended. */
public enum StepStatus {
    /** Done. */
    OK,
    /** The KV cache is full; nothing was changed. */
    NO_SPACE,
    /** Ended from outside; nothing was changed. */
    ABORTED,
    /** The context is broken and must be made anew. */
    FAILED
}
