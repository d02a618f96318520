package dev.martlet.engine;

import java.util.List;
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
     * @param predicted how many tokens of the request's prediction were seen in the output by this one for the first time: 1
     *     where it is what was foretold, more where it shows that those before it were, too
     */
    record Token(int id, float logprob, int[] topTokens, float[] topLogprobs, int predicted) implements TokenEvent {

        /** One of a request without a prediction. */
        public Token(int id, float logprob, int[] topTokens, float[] topLogprobs) {
            this(id, logprob, topTokens, topLogprobs, 0);
        }
    }

    /**
     * Tokens of the prompt with their log probabilities, where that was asked for. All of them come, in order and each
     * once, before any output; what goes before the first is nothing, so that its log probability is NaN.
     *
     * @param last whether these are the last of the prompt
     */
    record Scores(List<Token> tokens, boolean last) implements TokenEvent {
        public Scores {
            tokens = List.copyOf(tokens);
        }
    }

    /**
     * The end; nothing follows.
     *
     * @param failure set with {@link FinishReason#ERROR}
     */
    record End(FinishReason reason, Usage usage, Optional<EngineException> failure) implements TokenEvent {}
}
