package dev.martlet.chat.toolcall;

/** Why the model's text ended. */
public enum StopCause {
    /** The model ended its turn, or a stop sequence matched. */
    STOP,
    /** The token limit cut the text off. */
    LENGTH
}
