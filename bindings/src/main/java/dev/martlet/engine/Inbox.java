package dev.martlet.engine;

import dev.martlet.engine.Appointments.Appointment;
import dev.martlet.engine.Counters.Counter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Where requests come in from any thread, and where it is counted how many have not ended. */
final class Inbox {

    private final int places;
    private final int capacity;
    private final int queueTokens;
    private final Counters counters;
    private final Forecast forecast = new Forecast();

    /** Who was refused. Guarded by lock. */
    private final Appointments appointments = new Appointments();

    private final ReentrantLock lock = new ReentrantLock();

    /** Whoever drains the engine waits here for the last request's end. */
    private final Condition allEnded = lock.newCondition();

    /** Guarded by lock. */
    private final List<Sequence> arrived = new ArrayList<>();

    /** Submitted and not ended. Guarded by lock. */
    private int open;

    /** Those of them that have not run yet. Guarded by lock. */
    private int queued;

    /** How many of them are whose; none is 0. Guarded by lock. */
    private final Map<String, Integer> queuedByTenant = new HashMap<>();

    /** Tokens of their prompts. Guarded by lock. */
    private long queuedPrompts;

    /** Sum of their limits of output. Guarded by lock. */
    private long queuedOutputs;

    /** Requests so far. Guarded by lock. */
    private long arrivals;

    /** Guarded by lock. */
    private boolean closed;

    /** Written under lock, read without: whether {@link #arrived} has something. */
    private volatile boolean pending;

    Inbox(EngineOptions options, Counters counters) {
        this.places = options.maxSequences();
        this.capacity = places + options.queueLimit();
        this.queueTokens = options.queueTokens();
        this.counters = counters;
    }

    /** What the waits are foretold from. */
    Forecast forecast() {
        return forecast;
    }

    /**
     * Takes a request in, or throws QUEUE_FULL, TENANT_QUEUE_FULL, QUEUE_TOKENS_FULL or SHUTDOWN. One that comes back when it
     * was told to may have any place; the upper half of the queue is kept from others for those who are due.
     */
    void submit(GenerationRequest request, GenerationStream stream, long nanoTime) {
        lock.lock();
        try {
            if (closed) {
                throw new EngineException(EngineException.Kind.SHUTDOWN, "the engine takes no more requests");
            }
            appointments.expire(nanoTime);
            Appointment appointment =
                    appointments.isEmpty() ? null : appointments.find(Appointments.known(request), nanoTime);
            admit(request, appointment, nanoTime);
            if (appointment != null) {
                appointments.kept(appointment);
            }
            long deadline = nanoTime + request.deadline().map(Inbox::nanos).orElse(0L);
            arrived.add(new Sequence(request, stream, arrivals++, nanoTime, deadline));
            open++;
            queue(request, 1);
            pending = true;
        } finally {
            lock.unlock();
        }
    }

    /** Throws where there is no place for a request. */
    private void admit(GenerationRequest request, Appointment appointment, long nanoTime) {
        boolean due = appointment != null && Appointments.isDue(appointment, nanoTime);
        long interval = interval(request);
        int upperHalf = (capacity - places) / 2;
        long soon = nanoTime + upperHalf * interval;
        int kept = due || appointments.isEmpty() ? 0 : appointments.due(soon, upperHalf);
        if (open + kept >= capacity) {
            counters.add(Counter.REJECTED_REQUESTS, 1);
            throw new EngineException(
                    EngineException.Kind.QUEUE_FULL,
                    "all " + capacity + " places are taken",
                    comeBack(request, appointment, nanoTime, Math.max(forecast.nanosToRoom(), interval)));
        }
        if (open >= places && queuedByTenant.getOrDefault(request.tenant(), 0) >= request.tenantQueue()) {
            counters.add(Counter.REJECTED_TENANT, 1);
            throw new EngineException(
                    EngineException.Kind.TENANT_QUEUE_FULL,
                    "all " + request.tenantQueue() + " places of this tenant are taken",
                    predictedWait());
        }
        long tokens = queuedTokens() + forecast.tokens(1, request.prompt().length, request.maxTokens());
        long keptTokens = due || appointments.isEmpty() ? 0 : appointments.dueTokens(soon, queueTokens / 2);
        if (queued > 0 && tokens + keptTokens > queueTokens) {
            counters.add(Counter.REJECTED_TOKENS, 1);
            throw new EngineException(
                    EngineException.Kind.QUEUE_TOKENS_FULL,
                    "with this request " + tokens + " tokens would wait, and " + queueTokens + " may",
                    comeBack(request, appointment, nanoTime, nanosUntilRoomFor(tokens - queueTokens)));
        }
    }

    /** Gives a refused request the time at which a place will be free for it. */
    private Duration comeBack(GenerationRequest request, Appointment earlier, long nanoTime, long first) {
        long tokens = forecast.tokens(1, request.prompt().length, request.maxTokens());
        return Duration.ofNanos(
                appointments.make(Appointments.known(request), earlier, nanoTime, first, interval(request), tokens));
    }

    /** Until so many fewer tokens wait. */
    private long nanosUntilRoomFor(long tokens) {
        double part = Math.max(0, (double) tokens / Math.max(1, queuedTokens()));
        return forecast.nanosToRoom() + (long) (Math.min(1, part) * foretoldNanos());
    }

    /** What those that wait take in all. */
    private long foretoldNanos() {
        return forecast.workNanos(queued, queuedPrompts, queuedOutputs);
    }

    /** Nanoseconds from a place that becomes free to the next: what the requests that wait take in the mean, or this one. */
    private long interval(GenerationRequest request) {
        return queued > 0
                ? foretoldNanos() / queued
                : forecast.workNanos(1, request.prompt().length, request.maxTokens());
    }

    private void queue(GenerationRequest request, int count) {
        queued += count;
        queuedByTenant.merge(request.tenant(), count, (one, other) -> one + other == 0 ? null : one + other);
        queuedPrompts += (long) count * request.prompt().length;
        queuedOutputs += (long) count * request.maxTokens();
    }

    private long queuedTokens() {
        return forecast.tokens(queued, queuedPrompts, queuedOutputs);
    }

    /** How long a request that came now would wait. To be called under the lock. */
    private Duration predictedWait() {
        return Duration.ofNanos(forecast.nanosToRoom() + foretoldNanos());
    }

    /** Sets the levels of what waits, for whoever reads the counters next. */
    void publish() {
        lock.lock();
        try {
            counters.set(Counter.WAITING_TOKENS, queuedTokens());
            counters.set(Counter.PREDICTED_WAIT_MICROS, TimeUnit.MICROSECONDS.convert(predictedWait()));
        } finally {
            lock.unlock();
        }
    }

    private static long nanos(Duration duration) {
        return Math.min(TimeUnit.NANOSECONDS.convert(duration), Long.MAX_VALUE / 2);
    }

    /** Moves what arrived into the waiting line; returns how many. */
    int drainTo(WaitingLine target) {
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

    /** A request runs for the first time. */
    void began(GenerationRequest request) {
        lock.lock();
        try {
            queue(request, -1);
        } finally {
            lock.unlock();
        }
    }

    /** Counts one request out. */
    void ended(Sequence sequence) {
        lock.lock();
        try {
            if (!sequence.hasRun) {
                queue(sequence.request, -1);
            }
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
