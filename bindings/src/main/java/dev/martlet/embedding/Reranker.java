package dev.martlet.embedding;

import dev.martlet.engine.EngineException;
import dev.martlet.model.Model;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/**
 * How relevant documents are to a query, by a model with a rank head. All methods are safe from any thread; calls are
 * batched and queued as an {@link Embedder}'s.
 */
public final class Reranker implements AutoCloseable {

    private final Embedder embedder;
    private final BiFunction<String, String, int[]> pairs;

    private Reranker(Embedder embedder, BiFunction<String, String, int[]> pairs) {
        this.embedder = embedder;
        this.pairs = pairs;
    }

    /**
     * Opens a reranker. Closing the model closes it.
     *
     * @param options the pooling and normalisation of which do not matter
     * @throws dev.martlet.nativelib.NativeException UNSUPPORTED where the model has no rank head; OUT_OF_MEMORY
     * @throws IllegalStateException when the model is closed
     */
    public static Reranker open(Model model, EmbedderOptions options) {
        return new Reranker(Embedder.open(model, options.withPooling(Pooling.RANK)), RankPrompt.of(model)::tokens);
    }

    /**
     * Starts a reranker over any implementation of the native side.
     *
     * @param runner handed over: the reranker closes it
     * @param pairs what it reads of a query and a document
     */
    public static Reranker start(
            VectorRunner runner, EmbedderOptions options, BiFunction<String, String, int[]> pairs) {
        return new Reranker(Embedder.start(runner, options), pairs);
    }

    /** Calls that wait, at least in part. */
    public int waitingCalls() {
        return embedder.waitingCalls();
    }

    /** Tokens that wait. */
    public long waitingTokens() {
        return embedder.waitingTokens();
    }

    /** Most tokens of a query with a document. */
    public int maxTokens() {
        return embedder.limits().maxTokens();
    }

    /** What the model reads of a query and a document. */
    public int[] tokens(String query, String document) {
        return pairs.apply(query, document);
    }

    /**
     * Queues pairs of a query and a document.
     *
     * @param pairs as {@link #tokens} gives them
     * @return the relevance of each, in order: from 0 to 1, as the sigmoid of a single score; a model that has several
     *     weighs them itself, and the first is it
     * @throws EngineException as {@link Embedder#submit}
     */
    public CompletableFuture<List<Float>> submit(List<int[]> pairs) {
        CompletableFuture<List<float[]>> scores = embedder.submit(pairs);
        CompletableFuture<List<Float>> answer =
                scores.thenApply(all -> all.stream().map(Reranker::relevance).toList());
        answer.whenComplete((relevance, failure) -> scores.cancel(true));
        return answer;
    }

    private static float relevance(float[] scores) {
        return scores.length == 1 ? (float) (1 / (1 + Math.exp(-scores[0]))) : scores[0];
    }

    /**
     * The relevance of each document to a query, in order; waits for it.
     *
     * @throws EngineException as {@link #submit} and what it returns
     */
    public List<Float> rank(String query, List<String> documents) throws InterruptedException {
        return Embedder.await(submit(
                documents.stream().map(document -> tokens(query, document)).toList()));
    }

    @Override
    public void close() {
        embedder.close();
    }
}
