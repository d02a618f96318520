package dev.martlet.memory;

import java.util.Objects;

/**
 * What decides how much memory a context takes.
 *
 * @param tokens cells of the KV cache, at least 1
 * @param batchTokens most tokens of one step, at least 1
 * @param sequences sequence ids, at least 1
 * @param outputRows most rows of a step that are sampled, at least 1
 * @param types how the KV cache is stored
 * @param flashAttention whether attention runs fused
 */
public record ContextShape(
        int tokens, int batchTokens, int sequences, int outputRows, CacheTypes types, boolean flashAttention) {

    /** llama.cpp rounds a context up to these. */
    private static final int CELL_BLOCK = 256;

    public ContextShape {
        check(tokens, "tokens");
        check(batchTokens, "batchTokens");
        check(sequences, "sequences");
        check(outputRows, "outputRows");
        Objects.requireNonNull(types, "types");
    }

    private static void check(int value, String name) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value + ", must be at least 1");
        }
    }

    public ContextShape withTokens(int value) {
        return new ContextShape(value, batchTokens, sequences, outputRows, types, flashAttention);
    }

    /** Cells there really are. */
    long cells() {
        return (tokens + CELL_BLOCK - 1L) / CELL_BLOCK * CELL_BLOCK;
    }

    /** Sequences llama.cpp is told of: each takes a row of logits. */
    private int rowSequences() {
        return Math.min(sequences, outputRows);
    }

    /** Rows of the largest step, by which memory is reserved: as many for each sequence. */
    long rows() {
        long rows = Math.min(tokens, Math.max(batchTokens, rowSequences()));
        return (rows + rowSequences() - 1) / rowSequences() * rowSequences();
    }

    /** Rows of logits. */
    long logitRows() {
        return Math.min(rows(), Math.max(outputRows, rowSequences()));
    }
}
