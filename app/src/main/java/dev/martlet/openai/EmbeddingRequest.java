package dev.martlet.openai;

import dev.martlet.openai.CompletionRequest.Prompt;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A request for the vectors of texts, every field checked.
 *
 * @param model the model the client names
 * @param inputs what vectors are wanted of, 1 to {@value #MAX_INPUTS}; control tokens that a text spells are text
 * @param base64 whether vectors are written as the base64 of their 32-bit floats, little-endian
 * @param dimensions how many of a vector's numbers are wanted
 * @param ignored fields of the request that have no effect, by path
 */
public record EmbeddingRequest(
        Optional<String> model, List<Prompt> inputs, boolean base64, OptionalInt dimensions, List<String> ignored) {

    /** Most inputs, as OpenAI has it. */
    public static final int MAX_INPUTS = 2_048;

    /** Most tokens of all inputs together, as OpenAI has it. */
    public static final int MAX_TOKENS = 300_000;

    public EmbeddingRequest {
        inputs = List.copyOf(inputs);
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(dimensions, "dimensions");
        ignored = List.copyOf(ignored);
    }

    /**
     * Reads and checks a request.
     *
     * @param vocabularySize number of the model's tokens
     * @throws ApiException with status 400, naming the field at fault
     */
    public static EmbeddingRequest parse(JsonObject body, int vocabularySize) {
        return parse(new Fields(body, ""), vocabularySize);
    }

    static EmbeddingRequest parse(Fields fields, int vocabularySize) {
        Optional<String> model = fields.string("model");
        List<Prompt> inputs = new PromptList("input", MAX_INPUTS, vocabularySize).read(fields);
        for (Prompt input : inputs) {
            if (input instanceof Prompt.Text text) {
                Fields.nonEmpty(text.text(), text.path());
            }
        }
        boolean base64 =
                fields.string("encoding_format").map(EmbeddingRequest::isBase64).orElse(false);
        OptionalInt dimensions = fields.integer("dimensions", 1, Integer.MAX_VALUE);
        fields.string("user");
        return new EmbeddingRequest(model, inputs, base64, dimensions, fields.unread());
    }

    private static boolean isBase64(String format) {
        return switch (format) {
            case "float" -> false;
            case "base64" -> true;
            default ->
                throw Fields.invalidValue(
                        "encoding_format", "expected 'float' or 'base64', but got '" + Fields.shorten(format) + "'.");
        };
    }
}
