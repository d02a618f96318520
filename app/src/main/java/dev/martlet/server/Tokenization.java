package dev.martlet.server;

import dev.martlet.openai.DetokenizeRequest;
import dev.martlet.openai.Json;
import dev.martlet.openai.TemplateRequest;
import dev.martlet.openai.TokenizeRequest;
import dev.martlet.openai.TokenizeRequest.Source;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;

/**
 * {@code POST /tokenize} and {@code /detokenize}, as vLLM has them, and {@code /apply-template}, as llama-server has it:
 * what the model reads, without an answer.
 */
final class Tokenization {

    private Tokenization() {}

    static JsonHandler.Reply tokenize(JsonObject body, ServedModel model) {
        TokenizeRequest request = TokenizeRequest.parse(body, model::readsVariable);
        int[] tokens = switch (request.source()) {
            case Source.Text text -> model.tokens(text.text(), text.begin());
            case Source.Chat chat -> model.render(chat.prompt()).tokens();
        };
        JsonArrayBuilder ids = Json.builders().createArrayBuilder();
        JsonArrayBuilder texts = Json.builders().createArrayBuilder();
        for (int token : tokens) {
            ids.add(token);
            if (request.tokenStrings()) {
                texts.add(new String(model.vocabulary().bytes(token), StandardCharsets.UTF_8));
            }
        }
        JsonObjectBuilder answer = Json.builders()
                .createObjectBuilder()
                .add("count", tokens.length)
                .add("max_model_len", model.card().contextTokens())
                .add("tokens", ids);
        if (request.tokenStrings()) {
            answer.add("token_strs", texts);
        }
        return new JsonHandler.Reply(answer.build(), request.model(), request.ignored());
    }

    static JsonHandler.Reply detokenize(JsonObject body, ServedModel model) {
        DetokenizeRequest request =
                DetokenizeRequest.parse(body, model.vocabulary().size());
        int[] tokens = request.tokens().stream().mapToInt(Integer::intValue).toArray();
        return new JsonHandler.Reply(prompt(model.text(tokens)), request.model(), request.ignored());
    }

    static JsonHandler.Reply applyTemplate(JsonObject body, ServedModel model) {
        TemplateRequest request = TemplateRequest.parse(body, model::readsVariable);
        return new JsonHandler.Reply(prompt(model.promptText(request.prompt())), request.model(), request.ignored());
    }

    private static JsonObject prompt(String text) {
        return Json.builders().createObjectBuilder().add("prompt", text).build();
    }
}
