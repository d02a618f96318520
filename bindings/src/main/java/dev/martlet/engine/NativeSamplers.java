package dev.martlet.engine;

import static dev.martlet.engine.NativeStepRunner.check;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_sampler_params;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * Samplers of the native library, by pointer: what one request chooses its tokens with. One thread uses one. What the
 * library refuses is an {@link EngineException}.
 */
final class NativeSamplers {

    private NativeSamplers() {}

    /**
     * A new one.
     *
     * @param model which must stay open for as long as the sampler is
     */
    static MemorySegment open(MemorySegment model, Sampling sampling) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment block = mt_sampler_params.allocate(local);
            mt_sampler_params.struct_size(
                    block, (int) mt_sampler_params.layout().byteSize());
            mt_sampler_params.temperature(block, sampling.temperature());
            mt_sampler_params.top_k(block, sampling.topK());
            mt_sampler_params.top_p(block, sampling.topP());
            mt_sampler_params.min_p(block, sampling.minP());
            mt_sampler_params.repetition_penalty(block, sampling.repetitionPenalty());
            mt_sampler_params.frequency_penalty(block, sampling.frequencyPenalty());
            mt_sampler_params.presence_penalty(block, sampling.presencePenalty());
            mt_sampler_params.seed(block, sampling.seed());
            mt_sampler_params.min_tokens(block, sampling.minTokens());
            writeBias(block, sampling.bias(), local);
            MemorySegment out = local.allocate(ADDRESS);
            check("make sampler", martlet_h.mt_sampler_new(model, block, out));
            return out.get(ADDRESS, 0);
        }
    }

    private static void writeBias(MemorySegment block, Map<Integer, Float> bias, Arena local) {
        long bytes = Math.max(1L, bias.size()) * Integer.BYTES;
        MemorySegment tokens = local.allocate(bytes, Integer.BYTES);
        MemorySegment values = local.allocate(bytes, Float.BYTES);
        int i = 0;
        for (Map.Entry<Integer, Float> entry : bias.entrySet()) {
            tokens.setAtIndex(JAVA_INT, i, entry.getKey());
            values.setAtIndex(JAVA_FLOAT, i++, entry.getValue());
        }
        mt_sampler_params.n_bias(block, bias.size());
        mt_sampler_params.bias_token(block, tokens);
        mt_sampler_params.bias_value(block, values);
    }

    /**
     * Counts tokens that the sampler has not chosen itself.
     *
     * @param output whether they are the model's own, not the prompt's
     */
    static void feed(MemorySegment sampler, int[] tokens, int from, int to, boolean output) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment segment = local.allocate((long) (to - from) * Integer.BYTES, Integer.BYTES);
            MemorySegment.copy(tokens, from, segment, JAVA_INT, 0, to - from);
            int kind = output ? martlet_h.MT_FEED_OUTPUT() : martlet_h.MT_FEED_PROMPT();
            check("feed sampler", martlet_h.mt_sampler_feed(sampler, segment, to - from, kind));
        }
    }

    static void free(MemorySegment sampler) {
        check("free sampler", martlet_h.mt_sampler_free(sampler));
    }
}
