package dev.martlet.openai;

import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A request for the prompt that a chat gives, as text.
 *
 * @param model the model the client names
 * @param ignored fields of the request that have no effect, by path
 */
public record TemplateRequest(Optional<String> model, ChatPrompt prompt, List<String> ignored) {
    public TemplateRequest {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(prompt, "prompt");
        ignored = List.copyOf(ignored);
    }

    /**
     * Reads and checks a request.
     *
     * @param variables whether the model's chat template reads a variable of this name
     * @throws ApiException with status 400, naming the field at fault
     */
    public static TemplateRequest parse(JsonObject body, Predicate<String> variables) {
        return parse(new Fields(body, ""), variables);
    }

    static TemplateRequest parse(Fields fields, Predicate<String> variables) {
        List<String> ignored = new ArrayList<>();
        Optional<String> model = fields.string("model");
        ChatPrompt prompt = new ChatPromptReader(fields, variables, ignored).read();
        ignored.addAll(fields.unread());
        return new TemplateRequest(model, prompt, ignored);
    }
}
