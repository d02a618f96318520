package dev.martlet.chat.toolcall;

import java.util.function.Consumer;

/**
 * Turns a model's raw text, pushed as it arrives, into {@link ChatEvent}s. One per choice; not thread-safe.
 *
 * <p>Laws, tested for every format: any split of the text gives the same folded message; what a prefix of the text
 * yields is a prefix of what the whole yields; every character of the text is a marker, white space at a defined place
 * or part of exactly one event; time is linear and what is held back is bounded.
 */
public interface OutputParser {

    /**
     * Takes more of the model's text.
     *
     * @param text whole characters (no lone surrogates)
     * @param control whether the text is one control token of the model's vocabulary, spelled out
     */
    void push(CharSequence text, boolean control, Consumer<ChatEvent> out);

    /** Ends the text; call once. Emits what was held back. */
    void finish(StopCause cause, Consumer<ChatEvent> out);

    /** Whether a call has ended since the start; lets the caller stop generating after the first. */
    boolean callEnded();
}
