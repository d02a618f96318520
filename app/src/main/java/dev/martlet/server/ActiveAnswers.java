package dev.martlet.server;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The answers being made right now. Safe from any thread. */
final class ActiveAnswers {

    /** One of them. */
    interface Running {
        /** Ends it, with this for its client unless it had another end. From any thread. */
        void abort(RuntimeException cause);
    }

    private final ReentrantLock lock = new ReentrantLock();

    /** Those who wait for the last answer to end. */
    private final Condition none = lock.newCondition();

    /** Guarded by lock. */
    private final Map<Running, ClientConnection> answers = new HashMap<>();

    /** Guarded by lock. */
    private boolean closed;

    /** @throws dev.martlet.openai.ApiException with status 503 after {@link #close} */
    void add(Running answer, ClientConnection client) {
        lock.lock();
        try {
            if (closed) {
                throw ApiErrors.shuttingDown().toException();
            }
            answers.put(answer, client);
        } finally {
            lock.unlock();
        }
    }

    void remove(Running answer) {
        lock.lock();
        try {
            answers.remove(answer);
            if (answers.isEmpty()) {
                none.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    int count() {
        lock.lock();
        try {
            return answers.size();
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more answers; those there go on. */
    void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the last answer's end; false when the time passed. */
    boolean awaitNone(Duration atMost) throws InterruptedException {
        long left = TimeUnit.NANOSECONDS.convert(atMost);
        lock.lockInterruptibly();
        try {
            while (!answers.isEmpty() && left > 0) {
                left = none.awaitNanos(left);
            }
            return answers.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    void abortAll() {
        snapshot()
                .forEach((answer, client) ->
                        answer.abort(ApiErrors.shuttingDown().toException()));
    }

    void closeConnections() {
        List.copyOf(snapshot().values()).forEach(ClientConnection::close);
    }

    private Map<Running, ClientConnection> snapshot() {
        lock.lock();
        try {
            return Map.copyOf(answers);
        } finally {
            lock.unlock();
        }
    }
}
