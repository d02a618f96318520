package dev.martlet.openai;

import java.time.Instant;
import java.util.Objects;

/**
 * What every chunk of an answer repeats.
 *
 * @param id {@code chatcmpl-} and something random
 * @param created to the second
 * @param model the id of the model that answers, not the name the client gave
 * @param fingerprint changes when the same seed may give another answer
 * @param logprobs whether log probabilities were asked for
 * @param functionsForm whether calls go out in the old form, {@code function_call}
 */
public record AnswerHeader(
        String id, Instant created, String model, String fingerprint, boolean logprobs, boolean functionsForm) {
    public AnswerHeader {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(created, "created");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(fingerprint, "fingerprint");
    }

    /** Appends the object with these members and leaves it open. */
    JsonBuffer open(JsonBuffer out, String object) {
        out.raw("{\"id\":").string(id);
        out.raw(",\"object\":").string(object);
        out.raw(",\"created\":").number(created.getEpochSecond());
        out.raw(",\"model\":").string(model);
        return out.raw(",\"system_fingerprint\":").string(fingerprint);
    }
}
