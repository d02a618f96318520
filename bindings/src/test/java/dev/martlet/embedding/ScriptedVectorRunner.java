package dev.martlet.embedding;

import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/** A model side for tests: vectors are a function of tokens, batches wait at a gate, failures come on demand. */
public final class ScriptedVectorRunner implements VectorRunner {
    private final Limits limits;
    private final Function<int[], float[]> vectors;
    private final Semaphore gate = new Semaphore(0);
    private final List<List<int[]>> batches = new ArrayList<>();
    private volatile boolean gated;
    private volatile boolean aborted;
    private volatile boolean closed;
    private Optional<RuntimeException> failure = Optional.empty();

    public ScriptedVectorRunner(Limits limits, Function<int[], float[]> vectors) {
        this.limits = limits;
        this.vectors = vectors;
    }

    /** Three dimensions: the number of tokens, the first, and one. */
    public static ScriptedVectorRunner counting(int vocabularySize) {
        return new ScriptedVectorRunner(
                new Limits(Pooling.MEAN, 3, 100, vocabularySize), tokens -> new float[] {tokens.length, tokens[0], 1});
    }

    /** From now on each batch waits for a {@link #pass}. */
    public void hold() {
        gated = true;
    }

    public void pass(int count) {
        gate.release(count);
    }

    public void open() {
        gated = false;
        gate.release(1_000);
    }

    /** Whether a batch waits. */
    public boolean holds() {
        return gate.hasQueuedThreads();
    }

    /** The next batch fails by this. */
    public synchronized void fail(RuntimeException next) {
        failure = Optional.of(next);
    }

    /** The batches that have begun. */
    public synchronized List<List<int[]>> batches() {
        return List.copyOf(batches);
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public List<float[]> run(List<int[]> sequences) {
        synchronized (this) {
            batches.add(List.copyOf(sequences));
        }
        if (gated) {
            gate.acquireUninterruptibly();
        }
        synchronized (this) {
            Optional<RuntimeException> now = failure;
            failure = Optional.empty();
            now.ifPresent(e -> {
                throw e;
            });
        }
        if (aborted) {
            throw new NativeException("embed", Status.ABORTED, "it was aborted");
        }
        return sequences.stream().map(vectors).toList();
    }

    @Override
    public void abort() {
        aborted = true;
        gate.release(1_000);
    }

    @Override
    public void close() {
        closed = true;
    }
}
