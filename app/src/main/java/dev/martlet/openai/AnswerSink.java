package dev.martlet.openai;

import dev.martlet.chat.toolcall.ChatEvent;
import java.util.List;

/**
 * Where the events of an answer's choices go: an {@link AnswerStream} sends them on, an {@link AnswerBody} folds them.
 * Per choice: one {@code begin}, events, one {@code end}; events of different choices may alternate.
 */
public sealed interface AnswerSink permits AnswerStream, AnswerBody {

    /** A choice begins. */
    void begin(int choice);

    /**
     * The tokens of a choice's prompt, all of them, where they are told with their log probabilities: before anything else.
     */
    default void prompt(int choice, List<TokenLogprob> tokens) {}

    /**
     * A choice goes on.
     *
     * @param logprobs of the tokens behind a content event; empty where they are not asked for
     */
    void event(int choice, ChatEvent event, List<TokenLogprob> logprobs);

    /** A choice is about to end by a text that the request stops at. */
    default void stopped(int choice, String stop) {}

    /** A choice ends. */
    void end(int choice, AnswerEnd end);
}
