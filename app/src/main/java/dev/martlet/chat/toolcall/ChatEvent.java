package dev.martlet.chat.toolcall;

/**
 * One step of an assistant's answer, in the order it becomes certain. Nothing is ever taken back: streamed answers
 * send the events as they come, whole answers fold them.
 */
public sealed interface ChatEvent {

    /** More of the model's thoughts. */
    record Reasoning(String text) implements ChatEvent {}

    /** More of the answer's text. */
    record Content(String text) implements ChatEvent {}

    /**
     * A call begins.
     *
     * @param index counts the calls of one answer from 0
     * @param id the model's own id where its format has one, otherwise {@code call_} and 24 alphanumerics
     */
    record CallBegin(int index, String id, String name) implements ChatEvent {}

    /** More of a call's arguments; all pieces of one call, joined, are strict JSON text of an object. */
    record CallArguments(int index, String json) implements ChatEvent {}

    /**
     * A call ends.
     *
     * @param complete false when the text ended before the arguments did
     */
    record CallEnd(int index, boolean complete) implements ChatEvent {}
}
