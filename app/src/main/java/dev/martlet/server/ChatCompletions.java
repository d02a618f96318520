package dev.martlet.server;

import dev.martlet.openai.AnswerHeader;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.Choice;
import dev.martlet.openai.ChunkWriter;
import dev.martlet.openai.CompletionAssembler;
import dev.martlet.openai.Ids;
import dev.martlet.text.StopSequences;
import jakarta.json.JsonObject;
import java.util.stream.Stream;

/** {@code POST /v1/chat/completions}. */
final class ChatCompletions implements AnswerHandler.Endpoint {

    private final ServerConfig config;

    ChatCompletions(ServerConfig config) {
        this.config = config;
    }

    @Override
    public Job understand(JsonObject body, ServedModel model) {
        ChatCompletionRequest request =
                ChatCompletionRequest.parse(body, model.vocabulary().size(), model::readsVariable);
        if (config.strictModel()) {
            Models.check(request.model(), model);
        }
        AnswerHeader header = model.header(Ids.completion(), request.logprobs(), request.functionsForm());
        ServedModel.Rendered prompt = model.render(request);
        GenerationPlan plan = new GenerationPlan(model, request, model.constraint(request, prompt));
        int limit = config.defaultMaxTokens().orElse(Integer.MAX_VALUE);
        Choice.Rules rules = new Choice.Rules(
                model.vocabulary(),
                StopSequences.of(request.stops()),
                request.logprobs(),
                !request.conversation().parallelToolCalls(),
                request.functionsForm());
        return new Job(
                model,
                Stream.concat(request.ignored().stream(), model.unheld(request).stream())
                        .toList(),
                plan.generations(prompt.tokens(), "messages", request.choices(), limit),
                request.choices(),
                rules,
                () -> model.parser(request.conversation(), prompt.suffix()),
                request.stream(),
                request.includeUsage(),
                () -> new ChunkWriter(header, request.includeUsage()),
                () -> new CompletionAssembler(header));
    }
}
