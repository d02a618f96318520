package dev.martlet.server;

import dev.martlet.engine.GenerationRequest;
import dev.martlet.openai.AnswerHeader;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.Choice;
import dev.martlet.openai.CompletionRequest;
import dev.martlet.openai.CompletionRequest.Prompt;
import dev.martlet.openai.Ids;
import dev.martlet.openai.TextChunkWriter;
import dev.martlet.openai.TextCompletionAssembler;
import dev.martlet.text.StopSequences;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** {@code POST /v1/completions}: goes on with a text as it stands, without the chat template. */
final class Completions implements AnswerHandler.Endpoint {

    /** Most tokens of output where neither the request nor the server's settings say; as OpenAI has it. */
    static final int DEFAULT_MAX_TOKENS = 16;

    private final ServerConfig config;

    Completions(ServerConfig config) {
        this.config = config;
    }

    @Override
    public String operation() {
        return "text_completion";
    }

    @Override
    public Job understand(JsonObject body, ServedModel model) {
        CompletionRequest request =
                CompletionRequest.parse(body, model.vocabulary().size());
        if (config.strictModel()) {
            Models.check(request.model(), model);
        }
        AnswerHeader header = model.header(Ids.textCompletion(), request.toldLogprobs() >= 0, false);
        GenerationPlan plan = new GenerationPlan(model, request, model.constraint(request.format()));
        int limit = config.defaultMaxTokens().orElse(DEFAULT_MAX_TOKENS);
        int candidates = request.candidates();
        List<GenerationRequest> generations = new ArrayList<>();
        List<String> echoes = new ArrayList<>();
        for (Prompt prompt : request.prompts()) {
            plan.generations(tokens(prompt, request, model), prompt.path(), candidates, limit).stream()
                    .map(generation -> scored(generation, request))
                    .forEach(generations::add);
            if (request.echo()) {
                echoes.addAll(Collections.nCopies(candidates, text(prompt, model)));
            }
        }
        return new Job(
                model,
                request,
                request.ignored(),
                generations,
                candidates,
                new Choice.Rules(
                        model.vocabulary(),
                        StopSequences.of(request.stops()),
                        request.logprobs(),
                        false,
                        false,
                        echoes),
                PlainParser::new,
                () -> new TextChunkWriter(
                        header, request.includeUsage(), echoes, request.echo() && request.toldLogprobs() >= 0),
                () -> new TextCompletionAssembler(header, echoes, candidates, request.choices()));
    }

    private static GenerationRequest scored(GenerationRequest generation, CompletionRequest request) {
        if (!request.scoresPrompt()) {
            return generation;
        }
        boolean alone = request.maxTokens().orElse(1) == 0;
        return alone ? generation.withoutOutput() : generation.withScoredPrompt();
    }

    private static int[] tokens(Prompt prompt, CompletionRequest request, ServedModel model) {
        if (request.suffix().isPresent()) {
            int[] before = switch (prompt) {
                case Prompt.Text text -> model.plainTokens(text.text());
                case Prompt.Tokens tokens -> ids(tokens);
            };
            return model.fill(before, request.suffix().get())
                    .orElseThrow(() -> ApiError.unsupported(
                                    "suffix", "This model has no tokens for filling in text before a suffix.")
                            .toException());
        }
        int[] tokens = switch (prompt) {
            case Prompt.Text text -> model.tokens(text.text(), true);
            case Prompt.Tokens given -> ids(given);
        };
        if (tokens.length == 0) {
            throw ApiError.invalid(
                            prompt.path(), "invalid_value", "This model cannot begin with nothing; give it some text.")
                    .toException();
        }
        return tokens;
    }

    private static String text(Prompt prompt, ServedModel model) {
        return switch (prompt) {
            case Prompt.Text text -> text.text();
            case Prompt.Tokens tokens -> model.text(ids(tokens));
        };
    }

    private static int[] ids(Prompt.Tokens tokens) {
        return tokens.ids().stream().mapToInt(Integer::intValue).toArray();
    }
}
