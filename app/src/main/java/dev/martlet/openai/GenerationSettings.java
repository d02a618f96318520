package dev.martlet.openai;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What requests of every endpoint say of how text is generated. */
public interface GenerationSettings {

    /** Most choices of one request. */
    int MAX_CHOICES = 128;

    /** The model the client names. */
    Optional<String> model();

    /** Whether the answer is sent as it is made. */
    boolean stream();

    /** Whether a stream ends with the usage. */
    boolean includeUsage();

    /** How tokens are chosen. */
    SamplingFields sampling();

    /** Most tokens of output per choice. */
    OptionalInt maxTokens();

    /** Texts that end an answer and are no part of it. */
    List<String> stops();

    /** Tokens that do the same. */
    Set<Integer> stopTokens();

    /** Whether the model's own end tokens are output like any other. */
    boolean ignoreEndOfGeneration();

    /** -1 for none; 0 for the chosen tokens' log probabilities; k for the k likeliest tokens' too. */
    int topLogprobs();

    /** The shape of the answer's text. */
    ResponseFormat format();

    /** The lower the sooner it runs where requests wait. */
    int priority();

    /** Fields of the request that have no effect, by path. */
    List<String> ignored();

    /** Whether log probabilities are part of the answer. */
    default boolean logprobs() {
        return topLogprobs() >= 0;
    }
}
