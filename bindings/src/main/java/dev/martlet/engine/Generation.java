package dev.martlet.engine;

import java.time.Duration;
import java.util.Optional;

/** A running request's stream of tokens. One reader; {@link #cancel()} from any thread. */
public interface Generation extends AutoCloseable {

    /**
     * The next event, waiting for it; after {@link TokenEvent.End} the same end again.
     *
     * @throws InterruptedException if the waiting thread is interrupted; the generation goes on
     */
    TokenEvent next() throws InterruptedException;

    /**
     * The next event, waiting at most this long.
     *
     * @return empty when the time passed
     */
    Optional<TokenEvent> next(Duration atMost) throws InterruptedException;

    /** The next event if one is ready. */
    Optional<TokenEvent> poll();

    /** How long it waited until it first ran; empty while it waits. */
    default Optional<Duration> queueWait() {
        return Optional.empty();
    }

    /** Ends it within one step, whether queued, prefilling or decoding. Idempotent. */
    void cancel();

    /** Cancels, if it has not ended. */
    @Override
    default void close() {
        cancel();
    }
}
