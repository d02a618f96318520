package dev.martlet.server;

import dev.martlet.model.ModelInfo;
import java.util.Optional;

/**
 * The tokens that tell a model to fill in what is missing between two texts: one stands before the text in front of the
 * gap, one before the text behind it, and the filling comes after the last.
 */
public record FillTokens(int prefix, int suffix, int middle) {

    /** Those of a model; empty where it lacks one. */
    static Optional<FillTokens> of(ModelInfo.SpecialTokens special) {
        if (special.fimPrefix().isEmpty()
                || special.fimSuffix().isEmpty()
                || special.fimMiddle().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new FillTokens(
                special.fimPrefix().getAsInt(),
                special.fimSuffix().getAsInt(),
                special.fimMiddle().getAsInt()));
    }

    /** The prompt for the text between these. */
    int[] between(int[] before, int[] behind) {
        int[] prompt = new int[before.length + behind.length + 3];
        prompt[0] = prefix;
        System.arraycopy(before, 0, prompt, 1, before.length);
        prompt[before.length + 1] = suffix;
        System.arraycopy(behind, 0, prompt, before.length + 2, behind.length);
        prompt[prompt.length - 1] = middle;
        return prompt;
    }
}
