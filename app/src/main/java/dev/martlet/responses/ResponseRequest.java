package dev.martlet.responses;

import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.Fields;
import jakarta.json.JsonObject;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * A request for a response, every field checked.
 *
 * @param chat what it asks of the model
 * @param echo the members of it that the response repeats, defaults filled in
 */
public record ResponseRequest(ChatCompletionRequest chat, JsonObject echo) {
    public ResponseRequest {
        Objects.requireNonNull(chat, "chat");
        Objects.requireNonNull(echo, "echo");
    }

    /**
     * Reads and checks a request.
     *
     * @param vocabularySize number of the model's tokens, for fields that name tokens
     * @param variables whether the model's chat template reads a variable of this name
     * @throws dev.martlet.openai.ApiException with status 400, naming the field at fault
     */
    public static ResponseRequest parse(JsonObject body, int vocabularySize, Predicate<String> variables) {
        return parse(new Fields(body, ""), vocabularySize, variables);
    }

    /** The same of fields that tell afterwards what was read of them. */
    public static ResponseRequest parse(Fields fields, int vocabularySize, Predicate<String> variables) {
        return new ResponseReader(fields, vocabularySize, variables).read();
    }
}
