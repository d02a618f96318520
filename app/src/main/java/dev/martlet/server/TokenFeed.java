package dev.martlet.server;

import dev.martlet.engine.Generation;
import dev.martlet.engine.TokenEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** The events of several generations as one stream, in the order they come. One reader. */
interface TokenFeed extends AutoCloseable {

    /** An event of the generation at this index. */
    record Arrival(int index, TokenEvent event) {}

    /** The next event, waiting at most this long. Not to be called after the last generation's end. */
    Optional<Arrival> next(Duration atMost) throws InterruptedException;

    /** The next event if one is ready. */
    Optional<Arrival> poll();

    /** Stops reading; the generations go on. */
    @Override
    void close();

    static TokenFeed of(List<Generation> generations) {
        return generations.size() == 1 ? new Single(generations.getFirst()) : new Merged(generations);
    }

    /** One generation, read without a detour. */
    final class Single implements TokenFeed {
        private final Generation generation;

        private Single(Generation generation) {
            this.generation = generation;
        }

        @Override
        public Optional<Arrival> next(Duration atMost) throws InterruptedException {
            return generation.next(atMost).map(event -> new Arrival(0, event));
        }

        @Override
        public Optional<Arrival> poll() {
            return generation.poll().map(event -> new Arrival(0, event));
        }

        @Override
        public void close() {}
    }

    /**
     * Several generations, each read by a virtual thread of its own into one queue. The queue is short: when the reader
     * stalls, the generations' own queues fill and the engine drops them.
     */
    final class Merged implements TokenFeed {
        private final BlockingQueue<Arrival> queue = new ArrayBlockingQueue<>(256);
        private final List<Thread> readers = new ArrayList<>();

        private Merged(List<Generation> generations) {
            for (int i = 0; i < generations.size(); i++) {
                int index = i;
                Generation generation = generations.get(i);
                readers.add(Thread.ofVirtual().start(() -> read(index, generation)));
            }
        }

        private void read(int index, Generation generation) {
            try {
                TokenEvent event;
                do {
                    event = generation.next();
                    queue.put(new Arrival(index, event));
                } while (!(event instanceof TokenEvent.End));
            } catch (InterruptedException e) {
                // closed: nobody reads the queue any more
            }
        }

        @Override
        public Optional<Arrival> next(Duration atMost) throws InterruptedException {
            return Optional.ofNullable(queue.poll(atMost.toNanos(), TimeUnit.NANOSECONDS));
        }

        @Override
        public Optional<Arrival> poll() {
            return Optional.ofNullable(queue.poll());
        }

        @Override
        public void close() {
            readers.forEach(Thread::interrupt);
        }
    }
}
