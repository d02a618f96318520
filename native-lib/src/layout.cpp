/*
 * layout.cpp: mt_abi_layout(), the layout of every struct of martlet.h as this compiler made it.
 */
#include "error.h"

#include <cstddef>

namespace {

struct writer {
    std::string text;

    void size(const char *name, size_t bytes) { text += std::string(name) + " " + std::to_string(bytes) + "\n"; }

    void field(const char *name, const char *field, size_t offset, size_t bytes) {
        text += std::string(name) + "." + field + " " + std::to_string(offset) + " " + std::to_string(bytes) + "\n";
    }
};

#define FIELD(type, name) w.field(#type, #name, offsetof(type, name), sizeof(type::name))

void models(writer &w) {
    w.size("mt_device", sizeof(mt_device));
    FIELD(mt_device, struct_size);
    FIELD(mt_device, kind);
    FIELD(mt_device, memory_free);
    FIELD(mt_device, memory_total);
    FIELD(mt_device, name);
    FIELD(mt_device, description);
    FIELD(mt_device, backend);

    w.size("mt_model_params", sizeof(mt_model_params));
    FIELD(mt_model_params, struct_size);
    FIELD(mt_model_params, gpu_layers);
    FIELD(mt_model_params, use_mmap);
    FIELD(mt_model_params, use_mlock);
    FIELD(mt_model_params, vocab_only);
    FIELD(mt_model_params, check_tensors);
    FIELD(mt_model_params, progress_permille);
    FIELD(mt_model_params, cancel);
    FIELD(mt_model_params, tensor_split);
    FIELD(mt_model_params, tensor_split_count);
    FIELD(mt_model_params, split_mode);
    FIELD(mt_model_params, main_gpu);
    FIELD(mt_model_params, reserved);

    w.size("mt_model_info", sizeof(mt_model_info));
    FIELD(mt_model_info, struct_size);
    FIELD(mt_model_info, n_vocab);
    FIELD(mt_model_info, n_ctx_train);
    FIELD(mt_model_info, n_embd);
    FIELD(mt_model_info, n_layer);
    FIELD(mt_model_info, n_head);
    FIELD(mt_model_info, n_head_kv);
    FIELD(mt_model_info, has_encoder);
    FIELD(mt_model_info, has_decoder);
    FIELD(mt_model_info, is_recurrent);
    FIELD(mt_model_info, is_hybrid);
    FIELD(mt_model_info, token_bos);
    FIELD(mt_model_info, token_eos);
    FIELD(mt_model_info, token_eot);
    FIELD(mt_model_info, token_nl);
    FIELD(mt_model_info, token_fim_prefix);
    FIELD(mt_model_info, token_fim_suffix);
    FIELD(mt_model_info, token_fim_middle);
    FIELD(mt_model_info, add_bos);
    FIELD(mt_model_info, add_eos);
    FIELD(mt_model_info, pooling_type);
    FIELD(mt_model_info, vocab_type);
    FIELD(mt_model_info, n_params);
    FIELD(mt_model_info, size_bytes);
    FIELD(mt_model_info, description);
    FIELD(mt_model_info, weight_type);
    FIELD(mt_model_info, token_sep);
    FIELD(mt_model_info, add_sep);
    FIELD(mt_model_info, rank_outputs);
    FIELD(mt_model_info, reserved);

    w.size("mt_sampler_params", sizeof(mt_sampler_params));
    FIELD(mt_sampler_params, struct_size);
    FIELD(mt_sampler_params, temperature);
    FIELD(mt_sampler_params, top_k);
    FIELD(mt_sampler_params, top_p);
    FIELD(mt_sampler_params, min_p);
    FIELD(mt_sampler_params, repetition_penalty);
    FIELD(mt_sampler_params, frequency_penalty);
    FIELD(mt_sampler_params, presence_penalty);
    FIELD(mt_sampler_params, seed);
    FIELD(mt_sampler_params, n_bias);
    FIELD(mt_sampler_params, min_tokens);
    FIELD(mt_sampler_params, bias_token);
    FIELD(mt_sampler_params, bias_value);
}

void contexts(writer &w) {
    w.size("mt_context_params", sizeof(mt_context_params));
    FIELD(mt_context_params, struct_size);
    FIELD(mt_context_params, n_ctx);
    FIELD(mt_context_params, n_batch);
    FIELD(mt_context_params, n_seq_max);
    FIELD(mt_context_params, n_outputs_max);
    FIELD(mt_context_params, n_threads);
    FIELD(mt_context_params, n_threads_batch);
    FIELD(mt_context_params, flash_attention);
    FIELD(mt_context_params, kv_unified);
    FIELD(mt_context_params, type_k);
    FIELD(mt_context_params, type_v);
    FIELD(mt_context_params, offload_kqv);
    FIELD(mt_context_params, threadpool_poll);

    w.size("mt_context_info", sizeof(mt_context_info));
    FIELD(mt_context_info, struct_size);
    FIELD(mt_context_info, n_ctx);
    FIELD(mt_context_info, n_ctx_seq);
    FIELD(mt_context_info, n_batch);
    FIELD(mt_context_info, n_seq_max);
    FIELD(mt_context_info, n_outputs_max);
    FIELD(mt_context_info, n_threads);
    FIELD(mt_context_info, n_threads_batch);
    FIELD(mt_context_info, can_trim);
    FIELD(mt_context_info, poisoned);
    FIELD(mt_context_info, used_cells);
    FIELD(mt_context_info, skips_masked);
    FIELD(mt_context_info, kv_bytes);

    w.size("mt_memory", sizeof(mt_memory));
    FIELD(mt_memory, struct_size);
    FIELD(mt_memory, host);
    FIELD(mt_memory, weights);
    FIELD(mt_memory, cache);
    FIELD(mt_memory, compute);
    FIELD(mt_memory, device);
}

void embedders(writer &w) {
    w.size("mt_embedder_params", sizeof(mt_embedder_params));
    FIELD(mt_embedder_params, struct_size);
    FIELD(mt_embedder_params, pooling);
    FIELD(mt_embedder_params, max_tokens);
    FIELD(mt_embedder_params, batch_tokens);
    FIELD(mt_embedder_params, max_sequences);
    FIELD(mt_embedder_params, n_threads);
    FIELD(mt_embedder_params, flash_attention);
    FIELD(mt_embedder_params, threadpool_poll);

    w.size("mt_embedder_info", sizeof(mt_embedder_info));
    FIELD(mt_embedder_info, struct_size);
    FIELD(mt_embedder_info, pooling);
    FIELD(mt_embedder_info, dimensions);
    FIELD(mt_embedder_info, max_tokens);
    FIELD(mt_embedder_info, whole);
    FIELD(mt_embedder_info, poisoned);
    FIELD(mt_embedder_info, kv_bytes);
}

void steps(writer &w) {
    w.size("mt_step_input", sizeof(mt_step_input));
    FIELD(mt_step_input, struct_size);
    FIELD(mt_step_input, n_segments);
    FIELD(mt_step_input, n_tokens);
    FIELD(mt_step_input, reserved);
    FIELD(mt_step_input, sequence);
    FIELD(mt_step_input, position);
    FIELD(mt_step_input, token_count);
    FIELD(mt_step_input, flags);
    FIELD(mt_step_input, top_logprobs);
    FIELD(mt_step_input, sampler);
    FIELD(mt_step_input, mask);
    FIELD(mt_step_input, tokens);
    FIELD(mt_step_input, next);

    w.size("mt_step_output", sizeof(mt_step_output));
    FIELD(mt_step_output, struct_size);
    FIELD(mt_step_output, row_capacity);
    FIELD(mt_step_output, top_stride);
    FIELD(mt_step_output, n_rows);
    FIELD(mt_step_output, row_count);
    FIELD(mt_step_output, token);
    FIELD(mt_step_output, logprob);
    FIELD(mt_step_output, top_token);
    FIELD(mt_step_output, top_logprob);
    FIELD(mt_step_output, decode_micros);
    FIELD(mt_step_output, sample_micros);

    w.size("mt_perf", sizeof(mt_perf));
    FIELD(mt_perf, struct_size);
    FIELD(mt_perf, reserved);
    FIELD(mt_perf, steps);
    FIELD(mt_perf, tokens_in);
    FIELD(mt_perf, tokens_out);
    FIELD(mt_perf, decode_micros);
    FIELD(mt_perf, sample_micros);
}

#undef FIELD

} // namespace

extern "C" int32_t mt_abi_layout(char *out, int32_t capacity, int32_t *needed) {
    return martlet::wall([&] {
        writer w;
        models(w);
        contexts(w);
        steps(w);
        embedders(w);
        martlet::copy_out(w.text.data(), w.text.size(), out, capacity, needed);
    });
}
