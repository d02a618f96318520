package dev.martlet.server;

import dev.martlet.anthropic.MessageBody;
import dev.martlet.anthropic.MessageHead;
import dev.martlet.anthropic.MessageStream;
import dev.martlet.anthropic.MessagesReader;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.Ids;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;

/** {@code POST /v1/messages}. */
final class Messages implements AnswerHandler.Endpoint {

    private final ServerConfig config;

    Messages(ServerConfig config) {
        this.config = config;
    }

    @Override
    public Job understand(JsonObject body, ServedModel model) {
        ChatCompletionRequest request =
                MessagesReader.answer(body, model.vocabulary().size(), model::readsVariable);
        if (config.strictModel()) {
            Models.check(request.model(), model);
        }
        ServedModel.Rendered prompt = model.render(request);
        MessageHead head = new MessageHead(
                Ids.message(), model.card().id(), prompt.tokens().length, request.continueFinalMessage());
        return Job.of(config, model, request, prompt, () -> new MessageStream(head), () -> new MessageBody(head));
    }

    /** {@code POST /v1/messages/count_tokens}: how long the prompt would be. */
    static JsonHandler.Reply count(JsonObject body, ServedModel model) {
        ChatCompletionRequest request =
                MessagesReader.count(body, model.vocabulary().size(), model::readsVariable);
        JsonObject answer = Json.builders()
                .createObjectBuilder()
                .add("input_tokens", model.render(request).tokens().length)
                .build();
        return new JsonHandler.Reply(answer, request.model(), request.ignored());
    }
}
