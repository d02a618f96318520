package dev.martlet.embedding;

import dev.martlet.engine.EngineException;
import dev.martlet.model.Model;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.NativeHandle;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * Vectors of token sequences. One platform thread does all native work, on batches made of whatever callers wait for;
 * callers, virtual threads among them, only wait for their own. All methods are safe from any thread.
 *
 * <p>It has memory of its own beside an engine of the same model, and competes with it for the processors.
 */
public final class Embedder implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("dev.martlet.embedding");

    private final VectorRunner runner;
    private final VectorRunner.Limits limits;
    private final EmbedQueue queue;
    private final Thread thread;

    /** Tells the model that this embedder is gone. */
    private final Runnable onClosed;

    /** Set once by {@link #close()}. */
    private volatile boolean closing;

    private Embedder(VectorRunner runner, EmbedderOptions options, Consumer<Embedder> onClosed) {
        this.runner = runner;
        this.limits = runner.limits();
        this.queue = new EmbedQueue(options);
        this.onClosed = () -> onClosed.accept(this);
        this.thread = new Thread(this::run, "martlet-embedder");
        this.thread.setDaemon(true);
    }

    /** Opens an embedder with the default options. */
    public static Embedder open(Model model) {
        return open(model, EmbedderOptions.defaults());
    }

    /**
     * Opens an embedder. Closing the model closes it.
     *
     * @throws NativeException UNSUPPORTED where the model gives no vectors, or no scores if those were asked for;
     *     OUT_OF_MEMORY
     * @throws IllegalStateException when the model is closed
     */
    public static Embedder open(Model model, EmbedderOptions options) {
        NativeHandle handle = NativeHandle.of(model);
        MemorySegment pointer = handle.acquire();
        try {
            VectorRunner runner = new NativeVectorRunner(pointer, model.info(), options);
            Embedder embedder = new Embedder(runner, options, handle::removeDependent);
            embedder.thread.start();
            try {
                handle.addDependent(embedder);
            } catch (IllegalStateException e) {
                embedder.close();
                throw e;
            }
            return embedder;
        } finally {
            handle.release();
        }
    }

    /**
     * Starts an embedder over any implementation of the native side.
     *
     * @param runner handed over: the embedder closes it
     */
    public static Embedder start(VectorRunner runner, EmbedderOptions options) {
        Embedder embedder = new Embedder(runner, options, closed -> {});
        embedder.thread.start();
        return embedder;
    }

    /** What it can: dimensions of a vector, the longest sequence, the pooling. */
    public VectorRunner.Limits limits() {
        return limits;
    }

    /** Calls that wait, at least in part. */
    public int waitingCalls() {
        return queue.calls();
    }

    /** Tokens that wait. */
    public long waitingTokens() {
        return queue.tokens();
    }

    /**
     * Queues sequences.
     *
     * @param sequences at least one, each with tokens of the model's vocabulary, with BOS and EOS where the model wants
     *     them: {@link dev.martlet.model.Tokenizer#encode} with {@code addSpecial}
     * @return a vector for each, in order; cancelling it takes back what has not begun. It fails with an
     *     {@link EngineException}: NATIVE or SHUTDOWN
     * @throws EngineException QUEUE_FULL, QUEUE_TOKENS_FULL, PROMPT_TOO_LONG or SHUTDOWN
     * @throws IllegalArgumentException if there is no sequence, an empty one, or a token that is none of the vocabulary
     */
    public CompletableFuture<List<float[]>> submit(List<int[]> sequences) {
        if (sequences.isEmpty()) {
            throw new IllegalArgumentException("there is no sequence");
        }
        List<int[]> own = new ArrayList<>(sequences.size());
        for (int[] sequence : sequences) {
            own.add(checked(sequence.clone()));
        }
        EmbedCall call = new EmbedCall(own);
        queue.add(call);
        return call.answer;
    }

    private int[] checked(int[] sequence) {
        if (sequence.length == 0) {
            throw new IllegalArgumentException("a sequence is empty");
        }
        if (sequence.length > limits.maxTokens()) {
            throw new EngineException(
                    EngineException.Kind.PROMPT_TOO_LONG,
                    "a sequence has " + sequence.length + " tokens, at most " + limits.maxTokens() + " fit");
        }
        for (int token : sequence) {
            if (token < 0 || token >= limits.vocabularySize()) {
                throw new IllegalArgumentException(
                        "token " + token + " is not in the vocabulary of " + limits.vocabularySize());
            }
        }
        return sequence;
    }

    /**
     * The vectors of sequences, in order; waits for them. An interrupt takes back what has not begun.
     *
     * @throws EngineException as {@link #submit} and what it returns
     */
    public List<float[]> embed(List<int[]> sequences) throws InterruptedException {
        return await(submit(sequences));
    }

    /** Waits for a call's answer; an interrupt cancels the call. */
    static <T> T await(CompletableFuture<T> answer) throws InterruptedException {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            answer.cancel(true);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EngineException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Fails what waits with SHUTDOWN, ends what runs, and waits for the thread. Idempotent. */
    @Override
    public void close() {
        closing = true;
        failWaiting(EmbedQueue.closed());
        runner.abort();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        onClosed.run();
    }

    private void failWaiting(EngineException failure) {
        queue.close().forEach(call -> call.answer.completeExceptionally(failure));
    }

    private void run() {
        EngineException end = EmbedQueue.closed();
        try {
            for (List<EmbedCall.Row> rows = queue.take(); !rows.isEmpty(); rows = queue.take()) {
                compute(rows);
            }
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "the embedder has failed; all its calls end", e);
            end = new EngineException(EngineException.Kind.NATIVE, "the embedder has failed: " + e, e);
        } finally {
            failWaiting(end);
            runner.close();
        }
    }

    private void compute(List<EmbedCall.Row> rows) {
        if (closing) { // which may have come too early to end the call below
            rows.forEach(row -> row.call().answer.completeExceptionally(EmbedQueue.closed()));
            return;
        }
        long start = System.nanoTime();
        List<float[]> vectors;
        try {
            vectors = runner.run(rows.stream().map(EmbedCall.Row::tokens).toList());
        } catch (NativeException e) {
            EngineException failure =
                    closing ? EmbedQueue.closed() : new EngineException(EngineException.Kind.NATIVE, e.getMessage(), e);
            rows.forEach(row -> row.call().answer.completeExceptionally(failure));
            return;
        } catch (RuntimeException | Error e) {
            EngineException failure = new EngineException(EngineException.Kind.NATIVE, e.toString(), e);
            rows.forEach(row -> row.call().answer.completeExceptionally(failure));
            throw e;
        }
        queue.measured(rows.stream().mapToLong(row -> row.tokens().length).sum(), System.nanoTime() - start);
        for (int i = 0; i < rows.size(); i++) {
            answer(rows.get(i), vectors.get(i));
        }
    }

    private static void answer(EmbedCall.Row row, float[] vector) {
        for (float value : vector) {
            if (!Float.isFinite(value)) {
                row.call()
                        .answer
                        .completeExceptionally(new EngineException(
                                EngineException.Kind.NATIVE, "the model gave no number for a sequence"));
                return;
            }
        }
        row.answer(vector);
    }
}
