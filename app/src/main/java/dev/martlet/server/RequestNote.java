package dev.martlet.server;

import dev.martlet.openai.ApiError;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What is noted of a request while it is answered, for those that {@linkplain RequestListener tell} of it. Used by the
 * request's thread alone.
 */
final class RequestNote {
    private final Instant time = Instant.now();
    private final long start = System.nanoTime();
    private Optional<String> operation = Optional.empty();
    private Optional<Job> job = Optional.empty();
    private Optional<Answer> answer = Optional.empty();
    private Optional<Input> input = Optional.empty();
    private Optional<ApiError> failure = Optional.empty();

    /** What a model read of a request that asks for no text. */
    record Input(String model, int tokens) {}

    /** It asks for generated text; this is what kind: {@link AnswerHandler.Endpoint#operation()}. */
    void arrived(String asked) {
        operation = Optional.of(asked);
    }

    /** An answer to this is begun. */
    void begin(Job understood) {
        job = Optional.of(understood);
    }

    /** This one answers. */
    void answered(Answer by) {
        answer = Optional.of(by);
    }

    /** A model reads so many tokens of it, and gives no text. */
    void read(ServedModel model, int tokens) {
        input = Optional.of(new Input(model.card().id(), tokens));
    }

    /** The client is told this, as the whole answer or as a stream's last event. */
    void failed(ApiError error) {
        failure = Optional.of(error);
    }

    /** Empty for a request that does not ask for generated text. */
    Optional<String> operation() {
        return operation;
    }

    Optional<Job> job() {
        return job;
    }

    Optional<Answer> answer() {
        return answer;
    }

    Optional<Input> input() {
        return input;
    }

    Optional<ApiError> failure() {
        return failure;
    }

    /** When the request began. */
    Instant time() {
        return time;
    }

    /** From the request's first bytes until that moment of {@link System#nanoTime()}. */
    Duration until(long nanoTime) {
        return Duration.ofNanos(nanoTime - start);
    }
}
