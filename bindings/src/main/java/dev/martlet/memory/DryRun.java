package dev.martlet.memory;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_context_params;
import dev.martlet.ffi.mt_model_params;
import dev.martlet.nativelib.NativeCalls;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * llama.cpp's own account of what a model and a context would take: it goes through the motions of opening both. Slower
 * than {@link MemoryEstimate}, by the model's vocabulary, but right for every architecture.
 */
public final class DryRun {

    private DryRun() {}

    /**
     * Accounts for a model. Weights are not read, nor is memory taken but for logits.
     *
     * @param gpuLayers layers on GPUs, -1 for all; they are spread by the GPUs' free memory
     * @return the host's part, then that of each GPU
     * @throws NativeException IO with what is wrong with the file, UNSUPPORTED, INVALID_ARGUMENT
     */
    public static List<MemoryUse> of(Path file, int gpuLayers, ContextShape context) {
        NativeLibrary.ensureLoaded();
        byte[] path = file.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = NativeCalls.bytes(path, arena);
            MemorySegment model = mt_model_params.allocate(arena);
            mt_model_params.struct_size(model, (int) mt_model_params.layout().byteSize());
            mt_model_params.gpu_layers(model, gpuLayers);
            MemorySegment params = params(context, arena);
            return NativeMemory.read((out, capacity, needed) ->
                    martlet_h.mt_memory_plan(name, path.length, model, params, out, capacity, needed));
        }
    }

    private static MemorySegment params(ContextShape context, Arena arena) {
        MemorySegment params = mt_context_params.allocate(arena);
        mt_context_params.struct_size(params, (int) mt_context_params.layout().byteSize());
        mt_context_params.n_ctx(params, context.tokens());
        mt_context_params.n_batch(params, context.batchTokens());
        mt_context_params.n_seq_max(params, context.sequences());
        mt_context_params.n_outputs_max(params, context.outputRows());
        mt_context_params.n_threads(params, 1);
        mt_context_params.n_threads_batch(params, 1);
        mt_context_params.flash_attention(params, context.flashAttention() ? 1 : 0);
        mt_context_params.kv_unified(params, 1);
        mt_context_params.offload_kqv(params, 1);
        mt_context_params.type_k(params, context.types().keys().number());
        mt_context_params.type_v(params, context.types().values().number());
        return params;
    }
}
