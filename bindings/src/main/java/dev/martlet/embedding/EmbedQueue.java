package dev.martlet.embedding;

import dev.martlet.engine.EngineException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The calls that wait, bounded in number and tokens. Calls take turns, sequence by sequence. */
final class EmbedQueue {

    /** A batch is small enough that short calls do not wait long behind it, and what is cancelled costs little. */
    static final int BATCH_TOKENS = 512;

    static final int BATCH_SEQUENCES = 64;

    private final EmbedderOptions options;
    private final ReentrantLock lock = new ReentrantLock();

    /** The embedder's thread waits here for work or the end. */
    private final Condition changed = lock.newCondition();

    /** Those with sequences that nobody has taken, the next one first. Guarded by lock. */
    private final Deque<EmbedCall> waiting = new ArrayDeque<>();

    /** Tokens of those sequences. Guarded by lock. */
    private long tokens;

    /** What a token took lately; 0 while nothing is known. Guarded by lock. */
    private double nanosPerToken;

    /** Guarded by lock. */
    private boolean closed;

    EmbedQueue(EmbedderOptions options) {
        this.options = options;
    }

    /** Takes a call in, or throws QUEUE_FULL, QUEUE_TOKENS_FULL or SHUTDOWN. */
    void add(EmbedCall call) {
        lock.lock();
        try {
            if (closed) {
                throw closed();
            }
            if (waiting.size() >= options.queueLimit()) {
                throw full(EngineException.Kind.QUEUE_FULL, waiting.size() + " calls wait");
            }
            if (!waiting.isEmpty() && tokens + call.tokensLeft() > options.queueTokens()) {
                throw full(EngineException.Kind.QUEUE_TOKENS_FULL, tokens + " tokens wait");
            }
            waiting.add(call);
            tokens += call.tokensLeft();
            changed.signal();
        } finally {
            lock.unlock();
        }
        call.answer.whenComplete((vectors, failure) -> remove(call));
    }

    static EngineException closed() {
        return new EngineException(EngineException.Kind.SHUTDOWN, "the embedder is closed");
    }

    private EngineException full(EngineException.Kind kind, String message) {
        return new EngineException(kind, message, Duration.ofNanos((long) (tokens * nanosPerToken)));
    }

    /** What has its answer, or wants none any more, does not wait. */
    private void remove(EmbedCall call) {
        lock.lock();
        try {
            if (waiting.remove(call)) {
                tokens -= call.tokensLeft();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The next batch; waits for one. Empty when the queue is closed. */
    List<EmbedCall.Row> take() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                changed.awaitUninterruptibly();
            }
            return closed ? List.of() : batch();
        } finally {
            lock.unlock();
        }
    }

    private List<EmbedCall.Row> batch() {
        List<EmbedCall.Row> rows = new ArrayList<>();
        int room = BATCH_TOKENS;
        while (!waiting.isEmpty() && rows.size() < BATCH_SEQUENCES) {
            int length = waiting.getFirst().nextLength();
            if (length > room && !rows.isEmpty()) {
                break;
            }
            EmbedCall call = waiting.removeFirst();
            rows.add(call.take());
            tokens -= length;
            room -= length;
            if (!call.allTaken()) {
                waiting.addLast(call);
            }
        }
        return rows;
    }

    /** Learns how long a batch took. */
    void measured(long batchTokens, long nanos) {
        lock.lock();
        try {
            double now = (double) nanos / batchTokens;
            nanosPerToken = nanosPerToken == 0 ? now : nanosPerToken + (now - nanosPerToken) / 4;
        } finally {
            lock.unlock();
        }
    }

    /** Calls with sequences that wait. */
    int calls() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** Tokens that wait. */
    long tokens() {
        lock.lock();
        try {
            return tokens;
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more and gives no more out. Returns what waited. */
    List<EmbedCall> close() {
        lock.lock();
        try {
            closed = true;
            List<EmbedCall> left = List.copyOf(waiting);
            changed.signal();
            return left;
        } finally {
            lock.unlock();
        }
    }
}
