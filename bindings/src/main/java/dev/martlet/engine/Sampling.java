package dev.martlet.engine;

import java.util.Map;

/**
 * How a request's tokens are chosen. Stages in order: bias; repetition penalty over prompt and output; frequency and
 * presence penalties over output; temperature; top_k, top_p, min_p; draw. The neutral value switches a stage off.
 *
 * @param temperature 0 is greedy, otherwise at most 100
 * @param topK 0 is off
 * @param topP in (0, 1]; 1 is off
 * @param minP in [0, 1]; 0 is off
 * @param repetitionPenalty above 0; 1 is off
 * @param frequencyPenalty -2 to 2; 0 is off
 * @param presencePenalty -2 to 2; 0 is off
 * @param seed the draws are a function of it and the output position alone
 * @param bias added to the logits of these tokens; negative infinity forbids one
 * @param minTokens tokens to make before the generation may end by itself
 */
public record Sampling(
        float temperature,
        int topK,
        float topP,
        float minP,
        float repetitionPenalty,
        float frequencyPenalty,
        float presencePenalty,
        long seed,
        Map<Integer, Float> bias,
        int minTokens) {

    public Sampling {
        check(temperature >= 0 && temperature <= 100, "temperature", temperature);
        check(topK >= 0, "topK", topK);
        check(topP > 0 && topP <= 1, "topP", topP);
        check(minP >= 0 && minP <= 1, "minP", minP);
        check(repetitionPenalty > 0 && repetitionPenalty <= 100, "repetitionPenalty", repetitionPenalty);
        check(Math.abs(frequencyPenalty) <= 2, "frequencyPenalty", frequencyPenalty);
        check(Math.abs(presencePenalty) <= 2, "presencePenalty", presencePenalty);
        check(minTokens >= 0, "minTokens", minTokens);
        bias = Map.copyOf(bias);
    }

    /** Always the likeliest token. */
    public static Sampling greedy() {
        return new Sampling(0, 0, 1, 0, 1, 0, 0, 0, Map.of(), 0);
    }

    /** The model's own distribution, drawn with this seed. */
    public static Sampling seeded(long seed) {
        return new Sampling(1, 0, 1, 0, 1, 0, 0, seed, Map.of(), 0);
    }

    public Sampling withTemperature(float value) {
        return new Sampling(
                value, topK, topP, minP, repetitionPenalty, frequencyPenalty, presencePenalty, seed, bias, minTokens);
    }

    private static void check(boolean holds, String name, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " is out of range: " + value);
        }
    }
}
