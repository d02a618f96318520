package dev.martlet.server;

import dev.martlet.chat.toolcall.OutputParser;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.openai.AnswerBody;
import dev.martlet.openai.AnswerStream;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.Choice;
import dev.martlet.openai.GenerationSettings;
import dev.martlet.text.StopSequences;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A request that was understood: what is to be generated, how it is read, and how the answer is written.
 *
 * @param model who answers
 * @param settings what the request says of how text is generated
 * @param ignored fields of the request that have no effect, by path
 * @param generations one for each choice; the choices of one prompt stand together
 * @param choicesPerPrompt how many choices share a prompt
 * @param rules how the choices are read
 * @param parser gives the parser of one choice
 * @param stream makes the writer of a stream
 * @param body makes the writer of a whole answer
 */
record Job(
        ServedModel model,
        GenerationSettings settings,
        List<String> ignored,
        List<GenerationRequest> generations,
        int choicesPerPrompt,
        Choice.Rules rules,
        Supplier<OutputParser> parser,
        Supplier<AnswerStream> stream,
        Supplier<AnswerBody> body) {

    Job {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(rules, "rules");
        Objects.requireNonNull(parser, "parser");
        Objects.requireNonNull(stream, "stream");
        Objects.requireNonNull(body, "body");
        ignored = List.copyOf(ignored);
        generations = List.copyOf(generations);
        if (generations.isEmpty() || choicesPerPrompt < 1 || generations.size() % choicesPerPrompt != 0) {
            throw new IllegalArgumentException(generations.size() + " generations in groups of " + choicesPerPrompt);
        }
    }

    /**
     * The same for this caller.
     *
     * @param queue most requests that may wait of a caller without a bound of its own
     */
    Job by(Caller caller, int queue) {
        boolean tooUrgent = generations.stream().anyMatch(caller::isTooUrgent);
        return new Job(
                model,
                settings,
                tooUrgent
                        ? Stream.concat(ignored.stream(), Stream.of("priority")).toList()
                        : ignored,
                generations.stream()
                        .map(generation -> caller.claim(generation, queue))
                        .toList(),
                choicesPerPrompt,
                rules,
                parser,
                stream,
                body);
    }

    /**
     * To go on with a conversation.
     *
     * @param prompt the rendered conversation
     * @throws dev.martlet.openai.ApiException with status 400 if the answer cannot be what the request asks for
     */
    static Job of(
            ServerConfig config,
            ServedModel model,
            ChatCompletionRequest request,
            ServedModel.Rendered prompt,
            Supplier<AnswerStream> stream,
            Supplier<AnswerBody> body) {
        GenerationPlan plan = new GenerationPlan(model, request, model.constraint(request, prompt));
        List<String> without = plan.predicts() || request.prediction().isEmpty() ? List.of() : List.of("prediction");
        int limit = config.defaultMaxTokens().orElse(Integer.MAX_VALUE);
        Choice.Rules rules = new Choice.Rules(
                model.vocabulary(),
                StopSequences.of(request.stops()),
                request.logprobs(),
                !request.conversation().parallelToolCalls(),
                request.functionsForm());
        return new Job(
                model,
                request,
                Stream.of(request.ignored(), model.unheld(request), without)
                        .flatMap(List::stream)
                        .toList(),
                plan.predicting(
                        request.prediction(),
                        plan.generations(prompt.tokens(), request.names().messages(), request.choices(), limit)),
                request.choices(),
                rules,
                () -> model.parser(request.conversation(), prompt.suffix()),
                stream,
                body);
    }

    /** Tokens of the predictions of all choices. */
    int predictedTokens() {
        return generations.stream()
                .mapToInt(generation -> generation.prediction().length)
                .sum();
    }

    /** Tokens of all prompts, each counted once. */
    int promptTokens() {
        int tokens = 0;
        for (int i = 0; i < generations.size(); i += choicesPerPrompt) {
            tokens += generations.get(i).prompt().length;
        }
        return tokens;
    }
}
