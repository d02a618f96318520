package dev.martlet.engine;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends the waits of readers whose patience is over, a little late: one thread looks at all of them now and then. A timed
 * wait of a virtual thread arms a timer and disarms it when the token comes, and each of these wakes the timers' thread:
 * two thread switches more for every token, on processors that are busy computing the next.
 */
final class ReaderClock {

    /** How late a wait may end. */
    private static final long TICK_NANOS = 50_000_000;

    private static final ReaderClock SHARED = new ReaderClock();

    private final Set<GenerationStream> waiting = ConcurrentHashMap.newKeySet();
    private final Thread thread = new Thread(this::run, "martlet-reader-clock");

    private ReaderClock() {
        thread.setDaemon(true);
        thread.start();
    }

    /** From now on the stream is told when its reader's wait is over, until {@link #forget}. */
    static void watch(GenerationStream stream) {
        if (SHARED.waiting.add(stream)) {
            LockSupport.unpark(SHARED.thread);
        }
    }

    static void forget(GenerationStream stream) {
        SHARED.waiting.remove(stream);
    }

    private void run() {
        while (true) {
            if (waiting.isEmpty()) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, TICK_NANOS);
                long now = System.nanoTime();
                waiting.forEach(stream -> stream.endWaitAt(now));
            }
        }
    }
}
