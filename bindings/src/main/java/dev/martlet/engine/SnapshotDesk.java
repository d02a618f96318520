package dev.martlet.engine;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Where readers ask for a snapshot, and the scheduler answers all of them at its next turn by one. */
final class SnapshotDesk {

    private final ReentrantLock lock = new ReentrantLock();

    /** Readers wait here for an answer. */
    private final Condition answered = lock.newCondition();

    /** Questions so far. Guarded by lock. */
    private long asked;

    /** Questions that the last snapshot answers: it was begun after they were asked. Guarded by lock. */
    private long answers;

    /** Guarded by lock. */
    private EngineSnapshot last;

    /** Guarded by lock. */
    private boolean closed;

    /** Written under lock, read without: whether a question is open. */
    private volatile boolean wanted;

    SnapshotDesk(EngineSnapshot first) {
        this.last = first;
    }

    /** A snapshot from after this call; if none comes in time, or never will, the last there was. */
    EngineSnapshot ask(Duration atMost, Runnable wakeScheduler) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long mine = ++asked;
            wanted = true;
            wakeScheduler.run();
            long left = TimeUnit.NANOSECONDS.convert(atMost);
            while (answers < mine && !closed && left > 0) {
                left = answered.awaitNanos(left);
            }
            return last;
        } finally {
            lock.unlock();
        }
    }

    /** Whether anybody waits for an answer. */
    boolean isWanted() {
        return wanted;
    }

    /** Answers what has been asked. Only the scheduler's thread calls it. */
    void answer(Supplier<EngineSnapshot> view) {
        long upTo;
        lock.lock();
        try {
            upTo = asked;
            wanted = false;
        } finally {
            lock.unlock();
        }
        EngineSnapshot snapshot = view.get();
        lock.lock();
        try {
            last = snapshot;
            answers = upTo;
            answered.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nobody waits from now on: the last snapshot stays. */
    void close() {
        lock.lock();
        try {
            closed = true;
            answered.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
