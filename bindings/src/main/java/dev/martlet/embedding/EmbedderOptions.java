package dev.martlet.embedding;

import java.util.Objects;

/**
 * How an {@link Embedder} runs. Immutable.
 *
 * @param pooling how a sequence's vector is made
 * @param normalize whether vectors have the Euclidean length 1; scores of a rank head are left as they are
 * @param maxTokens longest sequence in tokens, at least 1; cut to what the model was trained for. A model that generates
 *     keeps room for the keys and values of so many
 * @param batchTokens tokens computed at once; 0 chooses by the vocabulary, since llama.cpp keeps a row of it for each
 * @param threads compute threads; 0 for one per core
 * @param queueLimit most calls that wait, at least 1
 * @param queueTokens most tokens that wait, at least 1; a call with more is taken when nothing else waits
 */
public record EmbedderOptions(
        Pooling pooling,
        boolean normalize,
        int maxTokens,
        int batchTokens,
        int threads,
        int queueLimit,
        int queueTokens) {

    private static final EmbedderOptions DEFAULTS =
            new EmbedderOptions(Pooling.MODEL, true, 2_048, 0, 0, 256, 1_048_576);

    public EmbedderOptions {
        Objects.requireNonNull(pooling, "pooling");
        check(maxTokens >= 1, "maxTokens", maxTokens);
        check(batchTokens >= 0, "batchTokens", batchTokens);
        check(threads >= 0, "threads", threads);
        check(queueLimit >= 1, "queueLimit", queueLimit);
        check(queueTokens >= 1, "queueTokens", queueTokens);
    }

    private static void check(boolean ok, String name, int value) {
        if (!ok) {
            throw new IllegalArgumentException(name + " is " + value);
        }
    }

    /** The model's pooling, unit length, sequences up to 2,048 tokens, 256 calls with a million tokens waiting. */
    public static EmbedderOptions defaults() {
        return DEFAULTS;
    }

    public EmbedderOptions withPooling(Pooling value) {
        return new EmbedderOptions(value, normalize, maxTokens, batchTokens, threads, queueLimit, queueTokens);
    }

    public EmbedderOptions withNormalize(boolean value) {
        return new EmbedderOptions(pooling, value, maxTokens, batchTokens, threads, queueLimit, queueTokens);
    }

    public EmbedderOptions withMaxTokens(int value) {
        return new EmbedderOptions(pooling, normalize, value, batchTokens, threads, queueLimit, queueTokens);
    }

    public EmbedderOptions withBatchTokens(int value) {
        return new EmbedderOptions(pooling, normalize, maxTokens, value, threads, queueLimit, queueTokens);
    }

    public EmbedderOptions withThreads(int value) {
        return new EmbedderOptions(pooling, normalize, maxTokens, batchTokens, value, queueLimit, queueTokens);
    }

    public EmbedderOptions withQueueLimit(int value) {
        return new EmbedderOptions(pooling, normalize, maxTokens, batchTokens, threads, value, queueTokens);
    }

    public EmbedderOptions withQueueTokens(int value) {
        return new EmbedderOptions(pooling, normalize, maxTokens, batchTokens, threads, queueLimit, value);
    }
}
