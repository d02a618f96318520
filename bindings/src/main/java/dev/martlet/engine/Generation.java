package dev.martlet.engine;

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
     * @return null-free: empty when the time passed
     */
    java.util.Optional<TokenEvent> next(java.time.Duration atMost) throws InterruptedException;

    /** The next event if one is ready. */
    java.util.Optional<TokenEvent> poll();

    /** Ends it within one step, whether queued, prefilling or decoding. Idempotent. */
    void cancel();

    /** Cancels, if it has not ended. */
    @Override
    default void close() {
        cancel();
    }
}
