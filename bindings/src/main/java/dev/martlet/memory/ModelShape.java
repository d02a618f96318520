package dev.martlet.memory;

import dev.martlet.model.CpuVariant;
import dev.martlet.nativelib.NativeException;
import java.nio.file.Path;
import java.util.List;

/**
 * What decides how much memory a model takes, as the head of its file tells it; no weights are read.
 *
 * @param architecture e.g. "llama"
 * @param trainedContext tokens it was trained to see at once; 0 where the file does not say
 * @param embedding width of its hidden state
 * @param vocabulary number of tokens
 * @param embeddingBytes bytes of the weights that always lie on the host: the table of tokens
 * @param outputBytes bytes of the output's weights, which go after the last layer; where these are the table of tokens, GPUs
 *     take them a second time
 * @param outputOnHost what they take on this machine's host beside the table; see {@link Layer#onHost}
 * @param slidingWindows whether some layers see the last tokens only, which takes a second mask
 * @param states whether it keeps states of another kind than keys and values, which are not counted
 * @param layers the layers, first to last
 */
public record ModelShape(
        String architecture,
        int trainedContext,
        int embedding,
        int vocabulary,
        long embeddingBytes,
        long outputBytes,
        long outputOnHost,
        boolean slidingWindows,
        boolean states,
        List<Layer> layers) {

    /**
     * A layer. Widths are numbers for each token.
     *
     * @param bytes of its weights
     * @param onHost what they take on this machine's host: its processor's kernels may lay them out with more room
     * @param largest bytes of the largest of them
     * @param keys width of its keys; 0 for a layer without attention
     * @param values width of its values
     * @param queries width of its queries
     * @param heads number of them
     * @param inner width of its feed-forward network, of all experts together that a token goes through
     * @param experts there are; 0 where all tokens go through one network
     * @param usedExperts experts a token goes through
     */
    public record Layer(
            long bytes,
            long onHost,
            long largest,
            long keys,
            long values,
            long queries,
            int heads,
            long inner,
            int experts,
            int usedExperts) {}

    public ModelShape {
        layers = List.copyOf(layers);
    }

    /**
     * Reads a GGUF file's head, of a split model the heads of all its files.
     *
     * @param file a split model's first
     * @throws NativeException IO with what is wrong with the file
     */
    public static ModelShape read(Path file) {
        return GgufHead.read(file).shape(CpuVariant.current());
    }

    /** Bytes of all weights on this machine's host. */
    public long weightBytes() {
        return embeddingBytes
                + outputOnHost
                + layers.stream().mapToLong(Layer::onHost).sum();
    }

    /** Bytes of the keys and values of one token in a layer. */
    static long cacheBytes(Layer layer, CacheTypes types) {
        return types.keys().bytes(layer.keys()) + types.values().bytes(layer.values());
    }

    /** Bytes of the keys and values of one token. */
    public long cacheBytesPerToken(CacheTypes types) {
        return layers.stream().mapToLong(layer -> cacheBytes(layer, types)).sum();
    }
}
