package dev.martlet.model;

import java.util.OptionalInt;

/**
 * What a model's file says of it.
 *
 * @param description architecture, size and weights, e.g. "llama 135M Q4_1"
 * @param weightType e.g. "Q4_1"
 * @param parameters number of weights
 * @param sizeBytes bytes of the weights
 * @param vocabularySize number of tokens
 * @param trainedContext tokens it was trained to see at once
 * @param embedding width of its hidden state
 * @param layers number of layers
 * @param heads attention heads
 * @param kvHeads attention heads that have keys and values of their own
 * @param encoder whether it has an encoder
 * @param decoder whether it has a decoder
 * @param recurrent whether its state cannot be cut at any token
 * @param hybrid whether that is so for some of its layers
 * @param addBos whether a prompt starts with BOS
 * @param addEos whether a prompt ends with EOS
 * @param addSeparator whether a pair of texts has the separator between them
 * @param rankOutputs scores that its rank head gives for a pair of texts; 0 where it has no such head
 * @param special its tokens of protocol
 */
public record ModelInfo(
        String description,
        String weightType,
        long parameters,
        long sizeBytes,
        int vocabularySize,
        int trainedContext,
        int embedding,
        int layers,
        int heads,
        int kvHeads,
        boolean encoder,
        boolean decoder,
        boolean recurrent,
        boolean hybrid,
        boolean addBos,
        boolean addEos,
        boolean addSeparator,
        int rankOutputs,
        SpecialTokens special) {

    /**
     * The tokens with a meaning of their own, where a model has them.
     *
     * @param bos begins a text
     * @param eos ends a text
     * @param eot ends a turn
     * @param newline the line break
     * @param fimPrefix what stands before a gap to fill comes after it
     * @param fimSuffix what stands behind the gap comes after it
     * @param fimMiddle the filling comes after it
     * @param separator stands between two texts
     */
    public record SpecialTokens(
            OptionalInt bos,
            OptionalInt eos,
            OptionalInt eot,
            OptionalInt newline,
            OptionalInt fimPrefix,
            OptionalInt fimSuffix,
            OptionalInt fimMiddle,
            OptionalInt separator) {}
}
