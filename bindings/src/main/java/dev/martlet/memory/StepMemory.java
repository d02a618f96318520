package dev.martlet.memory;

import dev.martlet.memory.Buffer.Piece;
import dev.martlet.memory.ModelShape.Layer;

/**
 * What the largest step needs on one device, found by going through its numbers in the order in which llama.cpp's graphs
 * make them and let them go (src/llama-graph.cpp). Operations that work in place take nothing.
 */
final class StepMemory {

    private static final long FLOAT = 4;
    private static final long HALF = 2;
    private static final long INDEX = 8;

    private final ModelShape model;
    private final ContextShape context;
    private final Buffer buffer = new Buffer();

    /** The hidden state that the next layer starts from. */
    private Piece hidden;

    StepMemory(ModelShape model, ContextShape context) {
        this.model = model;
        this.context = context;
    }

    long bytes() {
        return buffer.size();
    }

    private Piece take(long rows, long width) {
        return buffer.take(rows * width * FLOAT);
    }

    /** Lets numbers go that others were made of. */
    private Piece swap(Piece old, Piece fresh) {
        buffer.free(old);
        return fresh;
    }

    // ---- what a step is given

    /**
     * Inputs that stay for the whole step: which cells each row sees, for each kind of layers, and where keys and values
     * go; without flash attention values lie transposed, each number at a place of its own.
     *
     * @param copies one for each step that is worked on at once
     */
    StepMemory inputs(int copies) {
        long rows = context.rows();
        long values = model.layers().stream().mapToLong(Layer::values).max().orElse(0);
        int kinds = model.slidingWindows() ? 2 : 1;
        for (int i = 0; i < kinds * copies; i++) {
            buffer.take(rows * INDEX);
            buffer.take(rows * INDEX * (context.flashAttention() ? 1 : values));
            buffer.take(context.cells() * rows * (context.flashAttention() ? HALF : FLOAT));
        }
        for (int i = 0; i < copies; i++) {
            buffer.take(rows * FLOAT);
            buffer.take(rows * FLOAT);
        }
        return this;
    }

    /** The tokens' embeddings, and room for ones that are given instead of tokens, which is never used. */
    StepMemory embeddings() {
        take(context.rows(), model.embedding());
        hidden = take(context.rows(), model.embedding());
        return this;
    }

    /** A hidden state that another device made. */
    StepMemory handedOver(int copies) {
        for (int i = 0; i < copies; i++) {
            hidden = take(context.rows(), model.embedding());
        }
        return this;
    }

    // ---- layers

    /** @param last whether only the rows that are sampled go on after its attention */
    void layer(Layer layer, boolean last) {
        long rows = context.rows();
        Piece attended = layer.keys() > 0 ? attention(layer) : take(rows, model.embedding());
        if (last) {
            rows = context.logitRows();
            attended = swap(attended, take(rows, model.embedding()));
            hidden = swap(hidden, take(rows, model.embedding()));
        }
        buffer.free(hidden); // added to in place
        Piece residual = attended;
        Piece normed = take(rows, model.embedding());
        hidden = layer.experts() > 0 ? experts(layer, rows, normed) : network(layer, rows, normed);
        buffer.free(residual);
    }

    private Piece attention(Layer layer) {
        long rows = context.rows();
        Piece normed = take(rows, model.embedding());
        // Positions are put in beside what they are put into: it is seen as heads, which rules out working in place.
        Piece queries = swap(take(rows, layer.queries()), take(rows, layer.queries()));
        queries = rotated(queries, layer.queries(), context.types().keys());
        Piece values = layer.values() > 0
                ? rotated(
                        take(rows, layer.values()),
                        layer.values(),
                        context.types().values())
                : null;
        Piece keys = take(rows, layer.keys());
        buffer.free(normed);
        keys = swap(keys, take(rows, layer.keys()));
        keys = rotated(keys, layer.keys(), context.types().keys());
        buffer.free(keys);
        if (values != null) {
            buffer.free(values);
        }
        Piece attended = context.flashAttention() ? fused(layer, queries) : scored(layer, queries);
        attended = rotated(attended, layer.queries(), context.types().values());
        return swap(attended, take(rows, model.embedding()));
    }

    /** What goes to or comes from a quantised cache is multiplied with a Hadamard matrix. */
    private Piece rotated(Piece numbers, long width, CacheType type) {
        return type.quantised() ? swap(numbers, take(context.rows(), width)) : numbers;
    }

    private Piece fused(Layer layer, Piece queries) {
        return swap(queries, take(context.rows(), layer.queries()));
    }

    private Piece scored(Layer layer, Piece queries) {
        long rows = context.rows();
        Piece scores = swap(queries, take(rows, context.cells() * layer.heads()));
        Piece attended = swap(scores, take(rows, layer.queries()));
        return swap(attended, take(rows, layer.queries()));
    }

    private Piece network(Layer layer, long rows, Piece normed) {
        return swap(gated(layer, rows, normed), take(rows, model.embedding()));
    }

    /** The inner numbers of a feed-forward network. */
    private Piece gated(Layer layer, long rows, Piece normed) {
        Piece gate = take(rows, layer.inner());
        Piece up = take(rows, layer.inner());
        buffer.free(normed);
        Piece both = take(rows, layer.inner());
        buffer.free(gate);
        buffer.free(up);
        return both;
    }

    /** Some experts are chosen for each token; each gives a hidden state, and these are added up. */
    private Piece experts(Layer layer, long rows, Piece normed) {
        Piece scores = take(rows, layer.experts());
        Piece order = take(rows, layer.experts());
        Piece weights = swap(scores, take(rows, layer.usedExperts()));
        Piece each = swap(gated(layer, rows, normed), take(rows, (long) layer.usedExperts() * model.embedding()));
        buffer.free(order);
        buffer.free(weights);
        return swap(each, take(rows, model.embedding()));
    }

    /** The rows' logits, which stay. */
    void logits() {
        Piece normed = take(context.logitRows(), model.embedding());
        take(context.logitRows(), model.vocabulary());
        buffer.free(normed);
        buffer.free(hidden);
    }
}
