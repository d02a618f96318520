package dev.martlet.server;

import dev.martlet.engine.FinishReason;
import dev.martlet.engine.Generation;
import dev.martlet.engine.TokenEvent;
import dev.martlet.engine.Usage;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A generation that has a next token whenever it is asked, until it is cancelled: only its reader sets the pace. */
final class EndlessGeneration implements Generation {
    private final AtomicLong taken = new AtomicLong();
    private volatile boolean cancelled;

    /** Number of tokens its reader has taken. */
    long taken() {
        return taken.get();
    }

    boolean isCancelled() {
        return cancelled;
    }

    @Override
    public TokenEvent next() {
        if (cancelled) {
            return new TokenEvent.End(FinishReason.CANCELLED, new Usage(1, 0, 0), Optional.empty());
        }
        taken.incrementAndGet();
        return new TokenEvent.Token('a', 0, new int[0], new float[0]);
    }

    @Override
    public Optional<TokenEvent> next(Duration atMost) {
        return Optional.of(next());
    }

    @Override
    public Optional<TokenEvent> poll() {
        return Optional.of(next());
    }

    @Override
    public void cancel() {
        cancelled = true;
    }
}
