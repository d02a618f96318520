package dev.martlet.server;

import dev.martlet.engine.GenerationRequest;
import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.GenerationSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes what the engine is told of what a request says.
 *
 * @param constraint what each choice must follow
 */
record GenerationPlan(ServedModel model, GenerationSettings settings, Optional<CompiledGrammar> constraint) {

    /**
     * The generations of one prompt's choices.
     *
     * @param prompt its tokens
     * @param param where the prompt is in the request
     * @param limit most tokens of output where the request names no limit; the context's room bounds it as well
     * @throws dev.martlet.openai.ApiException with status 400 if the prompt leaves no room for an answer
     */
    List<GenerationRequest> generations(int[] prompt, String param, int choices, int limit) {
        int context = model.card().contextTokens();
        int room = context - prompt.length;
        if (room < 1) {
            throw ApiError.contextLength(
                            param,
                            "This model's context holds " + context + " tokens, but the prompt alone has "
                                    + prompt.length + ".")
                    .toException();
        }
        long seed = ThreadLocalRandom.current().nextLong();
        List<GenerationRequest> requests = new ArrayList<>(choices);
        for (int choice = 0; choice < choices; choice++) {
            GenerationRequest request = new GenerationRequest(
                    prompt,
                    settings.sampling().sampling(model.sampling(), seed, choice),
                    Math.clamp(settings.maxTokens().orElse(limit), 1, room),
                    settings.topLogprobs(),
                    settings.stopTokens(),
                    settings.ignoreEndOfGeneration(),
                    Optional.empty(),
                    constraint);
            requests.add(request.withPriority(settings.priority()));
        }
        return requests;
    }

    /** Whether a prediction has an effect: what a constraint leaves open is not drafted. */
    boolean predicts() {
        return constraint.isEmpty() && model.generator().drafts();
    }

    /**
     * The same generations with what the client foretells of their answers, where that has an effect.
     *
     * @throws dev.martlet.openai.ApiException with status 400 if it is longer than any answer could be
     */
    List<GenerationRequest> predicting(Optional<String> prediction, List<GenerationRequest> generations) {
        if (prediction.isEmpty() || !predicts()) {
            return generations;
        }
        int[] tokens = model.plainTokens(prediction.get());
        int context = model.card().contextTokens();
        if (tokens.length > context) {
            throw ApiError.contextLength(
                            "prediction.content",
                            "This model's context holds " + context + " tokens, but the prediction alone has "
                                    + tokens.length + ".")
                    .toException();
        }
        return generations.stream()
                .map(generation -> generation.withPrediction(tokens))
                .toList();
    }
}
