package dev.martlet.embedding;

import java.util.List;

/** The model's side of an {@link Embedder}. Used by one thread; {@link #abort()} alone by any. */
public interface VectorRunner extends AutoCloseable {

    /**
     * What it can.
     *
     * @param pooling never {@link Pooling#MODEL}
     * @param dimensions floats of a vector
     * @param maxTokens longest sequence
     * @param vocabularySize tokens are from 0 to below this
     */
    record Limits(Pooling pooling, int dimensions, int maxTokens, int vocabularySize) {}

    Limits limits();

    /**
     * The vectors of sequences, in order.
     *
     * @param sequences each with 1 to {@code maxTokens} tokens of the vocabulary
     * @throws dev.martlet.nativelib.NativeException when that fails; the next call begins afresh
     */
    List<float[]> run(List<int[]> sequences);

    /** Makes the running call fail soon. */
    void abort();

    @Override
    void close();
}
