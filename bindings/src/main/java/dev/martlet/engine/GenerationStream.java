package dev.martlet.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The events of one request: written by the scheduler, which never waits, and read by one other thread. */
final class GenerationStream implements Generation {

    /** Tokens a reader may be behind before it counts as gone. */
    static final int CAPACITY = 1_024;

    private final Runnable wakeScheduler;
    private final ReentrantLock lock = new ReentrantLock();

    /** The reader waits here for an event. */
    private final Condition ready = lock.newCondition();

    /** Guarded by lock. */
    private final ArrayDeque<TokenEvent> tokens = new ArrayDeque<>();

    /** Events so far that tell of the prompt, which are no more than it has tokens. Guarded by lock. */
    private int scores;

    /** Guarded by lock; null until the end. */
    private TokenEvent.End end;

    /** Whether the reader waits until {@link #waitEnd} at most. The reader writes both, holding the lock. */
    private volatile boolean timed;

    private volatile long waitEnd;

    /** Only the reader uses it. */
    private boolean watched;

    /** Set by any thread, never reset. */
    private volatile boolean cancelled;

    /** How long it waited until it first ran, in nanoseconds; -1 while it waits. Written by the scheduler. */
    private volatile long queueNanos = -1;

    GenerationStream(Runnable wakeScheduler) {
        this.wakeScheduler = wakeScheduler;
    }

    /** It runs for the first time, after so long. */
    void ranAfter(long nanos) {
        queueNanos = nanos;
    }

    @Override
    public Optional<Duration> queueWait() {
        long nanos = queueNanos;
        return nanos < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
    }

    /** Adds a token; false when the reader is too far behind. */
    boolean offer(TokenEvent.Token token) {
        lock.lock();
        try {
            if (tokens.size() >= CAPACITY + scores) {
                return false;
            }
            tokens.add(token);
            ready.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Adds tokens of the prompt. */
    void tell(TokenEvent.Scores event) {
        lock.lock();
        try {
            scores++;
            tokens.add(event);
            ready.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Ends it. There is always room for the end, and there is only one. */
    void end(TokenEvent.End value) {
        lock.lock();
        try {
            if (end != null) {
                throw new IllegalStateException("ended twice: " + end.reason() + ", " + value.reason());
            }
            end = value;
            ready.signal();
        } finally {
            lock.unlock();
        }
        ReaderClock.forget(this);
    }

    /** Wakes the scheduler: there is something to do for this request. From any thread. */
    void wake() {
        wakeScheduler.run();
    }

    boolean isCancelled() {
        return cancelled;
    }

    /** For tests: whether the end is there, read or not. */
    boolean hasEnded() {
        lock.lock();
        try {
            return end != null;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public TokenEvent next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (tokens.isEmpty() && end == null) {
                ready.await();
            }
            return tokens.isEmpty() ? end : tokens.poll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<TokenEvent> next(Duration atMost) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (tokens.isEmpty() && end == null) {
                awaitUntil(System.nanoTime() + TimeUnit.NANOSECONDS.convert(atMost));
            }
            return take();
        } finally {
            lock.unlock();
        }
    }

    private void awaitUntil(long nanos) throws InterruptedException {
        if (!watched) {
            watched = true;
            ReaderClock.watch(this);
        }
        waitEnd = nanos;
        timed = true;
        try {
            while (tokens.isEmpty() && end == null && nanos - System.nanoTime() > 0) {
                ready.await();
            }
        } finally {
            timed = false;
        }
    }

    /** Wakes the reader if its wait is over. */
    void endWaitAt(long now) {
        if (!timed || waitEnd - now > 0) {
            return;
        }
        lock.lock();
        try {
            ready.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<TokenEvent> poll() {
        lock.lock();
        try {
            return take();
        } finally {
            lock.unlock();
        }
    }

    private Optional<TokenEvent> take() {
        return tokens.isEmpty() ? Optional.ofNullable(end) : Optional.of(tokens.poll());
    }

    @Override
    public void cancel() {
        cancelled = true;
        wakeScheduler.run();
    }
}
