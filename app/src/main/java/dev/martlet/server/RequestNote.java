package dev.martlet.server;

import java.time.Duration;
import java.util.Optional;

/** What is noted of a request while it is answered, for the {@link RequestLog}. Used by the request's thread alone. */
final class RequestNote {
    private final long start = System.nanoTime();
    private Optional<Job> job = Optional.empty();
    private Optional<Answer> answer = Optional.empty();

    /** An answer to this is begun. */
    void begin(Job understood) {
        job = Optional.of(understood);
    }

    /** This one answers. */
    void answered(Answer by) {
        answer = Optional.of(by);
    }

    Optional<Job> job() {
        return job;
    }

    Optional<Answer> answer() {
        return answer;
    }

    /** Milliseconds from the request's first bytes until that moment. */
    double millisUntil(long nanoTime) {
        return EngineView.millis(Duration.ofNanos(nanoTime - start));
    }
}
