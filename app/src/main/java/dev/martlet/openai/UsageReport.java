package dev.martlet.openai;

/**
 * What a request used, all choices together.
 *
 * @param promptTokens tokens of the prompt, counted once
 * @param cachedTokens those of them that were in the cache
 * @param completionTokens tokens of output
 * @param reasoningTokens those of them that were thoughts
 * @param acceptedPrediction tokens of the request's prediction that came in the answer
 * @param rejectedPrediction those that did not
 */
public record UsageReport(
        int promptTokens,
        int cachedTokens,
        int completionTokens,
        int reasoningTokens,
        int acceptedPrediction,
        int rejectedPrediction) {

    /** That of a request without a prediction. */
    public UsageReport(int promptTokens, int cachedTokens, int completionTokens, int reasoningTokens) {
        this(promptTokens, cachedTokens, completionTokens, reasoningTokens, 0, 0);
    }

    /** Writes what a request without output used. */
    static void writeInput(int promptTokens, JsonBuffer out) {
        out.raw("{\"prompt_tokens\":").number(promptTokens);
        out.raw(",\"total_tokens\":").number(promptTokens).raw("}");
    }

    void write(JsonBuffer out) {
        out.raw("{\"prompt_tokens\":").number(promptTokens);
        out.raw(",\"completion_tokens\":").number(completionTokens);
        out.raw(",\"total_tokens\":").number((long) promptTokens + completionTokens);
        out.raw(",\"prompt_tokens_details\":{\"cached_tokens\":").number(cachedTokens);
        out.raw(",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":")
                .number(reasoningTokens);
        out.raw(",\"audio_tokens\":0,\"accepted_prediction_tokens\":").number(acceptedPrediction);
        out.raw(",\"rejected_prediction_tokens\":").number(rejectedPrediction).raw("}}");
    }
}
