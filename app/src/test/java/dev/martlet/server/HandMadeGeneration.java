package dev.martlet.server;

import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.EngineException;
import dev.martlet.engine.FinishReason;
import dev.martlet.engine.Generation;
import dev.martlet.engine.TokenEvent;
import dev.martlet.engine.Usage;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A generation whose events a test writes; a cancelled one ends by itself unless it is told not to. */
final class HandMadeGeneration implements Generation {
    private final LinkedBlockingQueue<TokenEvent> events = new LinkedBlockingQueue<>();
    private volatile TokenEvent end;
    private volatile boolean cancelled;

    HandMadeGeneration say(String text) {
        for (int token : ByteTokens.tokens(text)) {
            events.add(new TokenEvent.Token(token, 0, new int[0], new float[0]));
        }
        return this;
    }

    HandMadeGeneration end(FinishReason reason) {
        events.add(new TokenEvent.End(reason, new Usage(5, 2, 0), Optional.empty()));
        return this;
    }

    HandMadeGeneration fail(EngineException failure) {
        events.add(new TokenEvent.End(FinishReason.ERROR, new Usage(5, 2, 0), Optional.of(failure)));
        return this;
    }

    boolean isCancelled() {
        return cancelled;
    }

    @Override
    public TokenEvent next() throws InterruptedException {
        return end != null ? end : noted(events.take());
    }

    @Override
    public Optional<TokenEvent> next(Duration atMost) throws InterruptedException {
        return end != null
                ? Optional.of(end)
                : Optional.ofNullable(noted(events.poll(atMost.toNanos(), TimeUnit.NANOSECONDS)));
    }

    @Override
    public Optional<TokenEvent> poll() {
        return end != null ? Optional.of(end) : Optional.ofNullable(noted(events.poll()));
    }

    private TokenEvent noted(TokenEvent event) {
        if (event instanceof TokenEvent.End) {
            end = event;
        }
        return event;
    }

    @Override
    public void cancel() {
        if (!cancelled) {
            cancelled = true;
            end(FinishReason.CANCELLED);
        }
    }
}
