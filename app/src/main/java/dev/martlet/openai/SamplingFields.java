package dev.martlet.openai;

import dev.martlet.engine.Sampling;
import jakarta.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a request says of how tokens are chosen; what it leaves open comes from the model's defaults.
 *
 * @param bias added to the logits of tokens; negative infinity forbids one
 */
public record SamplingFields(
        OptionalDouble temperature,
        OptionalInt topK,
        OptionalDouble topP,
        OptionalDouble minP,
        OptionalDouble repetitionPenalty,
        OptionalDouble frequencyPenalty,
        OptionalDouble presencePenalty,
        OptionalLong seed,
        Map<Integer, Float> bias,
        int minTokens) {

    public SamplingFields {
        bias = Map.copyOf(bias);
    }

    static SamplingFields read(Fields fields, int vocabularySize) {
        return new SamplingFields(
                fields.number("temperature", 0, 2),
                topK(fields),
                fields.number("top_p", 0, 1),
                fields.number("min_p", 0, 1),
                repetitionPenalty(fields),
                fields.number("frequency_penalty", -2, 2),
                fields.number("presence_penalty", -2, 2),
                fields.longInteger("seed"),
                bias(fields, vocabularySize),
                fields.integer("min_tokens", 0, Integer.MAX_VALUE).orElse(0));
    }

    /**
     * The sampling of one choice.
     *
     * @param defaults what holds where the request says nothing
     * @param fallbackSeed the seed of the first choice where the request names none
     * @param choice counts from 0; each choice draws for itself
     */
    public Sampling sampling(Sampling defaults, long fallbackSeed, int choice) {
        return new Sampling(
                pick(temperature, defaults.temperature()),
                topK.orElse(defaults.topK()),
                // The likeliest token always stays, so a top_p of 0 means that token alone.
                Math.max(Float.MIN_NORMAL, pick(topP, defaults.topP())),
                pick(minP, defaults.minP()),
                pick(repetitionPenalty, defaults.repetitionPenalty()),
                pick(frequencyPenalty, defaults.frequencyPenalty()),
                pick(presencePenalty, defaults.presencePenalty()),
                seed.orElse(fallbackSeed) + choice,
                bias,
                minTokens);
    }

    private static float pick(OptionalDouble value, float otherwise) {
        return value.isPresent() ? (float) value.getAsDouble() : otherwise;
    }

    /** vLLM switches it off with -1, llama-server with 0. */
    private static OptionalInt topK(Fields fields) {
        OptionalInt value = fields.integer("top_k", -1, Integer.MAX_VALUE);
        return value.isPresent() ? OptionalInt.of(Math.max(0, value.getAsInt())) : value;
    }

    private static OptionalDouble repetitionPenalty(Fields fields) {
        String name = fields.has("repetition_penalty") ? "repetition_penalty" : "repeat_penalty";
        OptionalDouble value = fields.number(name, 0, 100);
        if (value.isPresent() && (float) value.getAsDouble() == 0) {
            throw Fields.invalidValue(fields.path(name), "it must be above 0.");
        }
        return value;
    }

    private static Map<Integer, Float> bias(Fields fields, int vocabularySize) {
        Map<Integer, Float> bias = new HashMap<>();
        JsonObject object = fields.object("logit_bias").orElse(JsonObject.EMPTY_JSON_OBJECT);
        object.forEach((key, value) -> {
            String path = fields.path("logit_bias");
            double amount = Fields.asNumber(value, path + "." + Fields.shorten(key), -100, 100);
            // OpenAI: -100 bans a token.
            bias.put(token(key, path, vocabularySize), amount == -100 ? Float.NEGATIVE_INFINITY : (float) amount);
        });
        return bias;
    }

    private static int token(String key, String path, int vocabularySize) {
        try {
            int token = Integer.parseInt(key);
            if (token >= 0 && token < vocabularySize) {
                return token;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Fields.invalidValue(
                path,
                "'" + Fields.shorten(key) + "' is no token id of this model (0 to " + (vocabularySize - 1) + ").");
    }
}
