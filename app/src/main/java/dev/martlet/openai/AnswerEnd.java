package dev.martlet.openai;

/** Why a choice ended, as the wire says it. */
public enum AnswerEnd {
    STOP("stop"),
    LENGTH("length"),
    TOOL_CALLS("tool_calls"),
    /** The old form of {@link #TOOL_CALLS}. */
    FUNCTION_CALL("function_call");

    private final String wire;

    AnswerEnd(String wire) {
        this.wire = wire;
    }

    /** The value of {@code finish_reason}. */
    public String wire() {
        return wire;
    }
}
