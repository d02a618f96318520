package dev.martlet.openai;

import jakarta.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A request for the text of tokens; shaped as vLLM has it.
 *
 * @param model the model the client names
 * @param ignored fields of the request that have no effect, by path
 */
public record DetokenizeRequest(Optional<String> model, List<Integer> tokens, List<String> ignored) {
    public DetokenizeRequest {
        Objects.requireNonNull(model, "model");
        tokens = List.copyOf(tokens);
        ignored = List.copyOf(ignored);
    }

    /**
     * Reads and checks a request.
     *
     * @param vocabularySize number of the model's tokens
     * @throws ApiException with status 400, naming the field at fault
     */
    public static DetokenizeRequest parse(JsonObject body, int vocabularySize) {
        return parse(new Fields(body, ""), vocabularySize);
    }

    static DetokenizeRequest parse(Fields fields, int vocabularySize) {
        return new DetokenizeRequest(
                fields.string("model"),
                Fields.tokens(
                        fields.array("tokens").orElseThrow(() -> Fields.missing("tokens")), "tokens", vocabularySize),
                fields.unread());
    }
}
