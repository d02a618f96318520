package dev.martlet.server;

import dev.martlet.openai.AnswerHeader;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.ChunkWriter;
import dev.martlet.openai.CompletionAssembler;
import dev.martlet.openai.Ids;
import jakarta.json.JsonObject;

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
        return Job.of(
                config,
                model,
                request,
                model.render(request),
                () -> new ChunkWriter(header, request.includeUsage()),
                () -> new CompletionAssembler(header));
    }
}
