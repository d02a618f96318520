package dev.martlet.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Where requests come in from any thread, and where it is counted how many have not ended. */
final class Inbox {

    private final int capacity;
    private final ReentrantLock lock = new ReentrantLock();

    /** Whoever drains the engine waits here for the last request's end. */
    private final Condition allEnded = lock.newCondition();

    /** Guarded by lock. */
    private final List<Sequence> arrived = new ArrayList<>();

    /** Submitted and not ended. Guarded by lock. */
    private int open;

    /** Requests so far. Guarded by lock. */
    private long arrivals;

    /** Guarded by lock. */
    private boolean closed;

    /** Written under lock, read without: whether {@link #arrived} has something. */
    private volatile boolean pending;

    /**
     * @param capacity most requests that have not ended
     */
    Inbox(int capacity) {
        this.capacity = capacity;
    }

    /** Takes a request in, or throws QUEUE_FULL or SHUTDOWN. */
    void submit(GenerationRequest request, GenerationStream stream, long nanoTime) {
        lock.lock();
        try {
            if (closed) {
                throw new EngineException(EngineException.Kind.SHUTDOWN, "the engine takes no more requests");
            }
            if (open == capacity) {
                throw new EngineException(
                        EngineException.Kind.QUEUE_FULL, "all " + capacity + " places are taken; try again later");
            }
            long deadline = nanoTime + request.deadline().map(Inbox::nanos).orElse(0L);
            arrived.add(new Sequence(request, stream, arrivals++, nanoTime, deadline));
            open++;
            pending = true;
        } finally {
            lock.unlock();
        }
    }

    private static long nanos(Duration duration) {
        return Math.min(TimeUnit.NANOSECONDS.convert(duration), Long.MAX_VALUE / 2);
    }

    /** Moves what arrived to the end of a list; returns how many. */
    int drainTo(List<Sequence> target) {
        if (!pending) {
            return 0;
        }
        lock.lock();
        try {
            int count = arrived.size();
            for (int i = 0; i < count; i++) {
                target.add(arrived.get(i));
            }
            arrived.clear();
            pending = false;
            return count;
        } finally {
            lock.unlock();
        }
    }

    /** Counts one request out. */
    void ended() {
        lock.lock();
        try {
            if (--open == 0) {
                allEnded.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Refuses all requests from now on. */
    void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all requests have ended; false when the time passed before. */
    boolean awaitAllEnded(Duration atMost) throws InterruptedException {
        long left = nanos(atMost);
        lock.lockInterruptibly();
        try {
            while (open > 0 && left > 0) {
                left = allEnded.awaitNanos(left);
            }
            return open == 0;
        } finally {
            lock.unlock();
        }
    }
}
