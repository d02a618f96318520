package dev.martlet.engine;

import java.util.Optional;

/** What a {@link Generation} yields. */
public sealed interface TokenEvent {

    /**
     * One token of output.
     *
     * @param id the token
     * @param logprob its log probability under the model's own distribution; 0 unless asked for
     * @param topTokens the likeliest tokens, best first; empty unless asked for
     * @param topLogprobs their log probabilities
     */
    record Token(int id, float logprob, int[] topTokens, float[] topLogprobs) implements TokenEvent {}

    /**
     * The end; nothing follows.
     *
     * @param failure set with {@link FinishReason#ERROR}
     */
    record End(FinishReason reason, Usage usage, Optional<EngineException> failure) implements TokenEvent {}
}
