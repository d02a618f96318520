/*
 * tiny_model.cpp: see tiny_model.h. Written with ggml's GGUF functions.
 */
#include "tiny_model.h"

#include "ggml.h"
#include "gguf.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace {

/* The letter that byte-level BPE writes for a byte (the table of GPT-2's tokenizer), as UTF-8. */
std::string letter_of(int byte) {
    const auto printable = [](int b) {
        return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
    };
    int code = byte;
    if (!printable(byte)) {
        code = 256;
        for (int b = 0; b < byte; ++b) {
            code += !printable(b);
        }
    }
    if (code < 128) {
        return std::string(1, static_cast<char>(code));
    }
    return {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
}

void add_vocabulary(gguf_context *g) {
    std::vector<std::string> tokens;
    std::vector<int32_t> types;
    std::vector<std::string> merges;
    for (int b = 0; b < 256; ++b) {
        tokens.push_back(letter_of(b));
        types.push_back(1);
    }
    const std::string space = letter_of(' ');
    const std::vector<std::pair<std::string, std::string>> pairs = {
        {"t", "h"}, {"th", "e"}, {"i", "n"}, {"a", "n"}, {"e", "r"}, {space, "the"}, {space, "a"}, {"an", "d"}};
    for (const auto &[left, right] : pairs) {
        tokens.push_back(left + right);
        types.push_back(1);
        merges.push_back(left + " " + right);
    }
    const auto first_special = static_cast<uint32_t>(tokens.size());
    for (const char *text : {"<s>", "</s>", "<|user|>"}) {
        tokens.emplace_back(text);
        types.push_back(3);
    }
    tokens.emplace_back("<think>");
    types.push_back(4);

    std::vector<const char *> texts;
    for (const std::string &t : tokens) {
        texts.push_back(t.c_str());
    }
    std::vector<const char *> merge_texts;
    for (const std::string &m : merges) {
        merge_texts.push_back(m.c_str());
    }
    gguf_set_val_str(g, "tokenizer.ggml.model", "gpt2");
    gguf_set_val_str(g, "tokenizer.ggml.pre", "gpt-2");
    gguf_set_arr_str(g, "tokenizer.ggml.tokens", texts.data(), texts.size());
    gguf_set_arr_data(g, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
    gguf_set_arr_str(g, "tokenizer.ggml.merges", merge_texts.data(), merge_texts.size());
    gguf_set_val_u32(g, "tokenizer.ggml.bos_token_id", first_special);
    gguf_set_val_u32(g, "tokenizer.ggml.eos_token_id", first_special + 1);
    gguf_set_val_bool(g, "tokenizer.ggml.add_bos_token", true);
    gguf_set_val_str(g, "tokenizer.chat_template", "{{ messages[0].content }}");
    gguf_set_val_u32(g, "llama.vocab_size", static_cast<uint32_t>(tokens.size()));
}

struct weights {
    gguf_context *file;
    ggml_context *memory;
    std::mt19937 random;

    void add(const std::string &name, int64_t columns, int64_t rows, float scale, float center = 0) {
        ggml_tensor *t = rows == 0 ? ggml_new_tensor_1d(memory, GGML_TYPE_F32, columns)
                                   : ggml_new_tensor_2d(memory, GGML_TYPE_F32, columns, rows);
        ggml_set_name(t, name.c_str());
        auto *values = static_cast<float *>(ggml_get_data(t));
        for (int64_t i = 0; i < ggml_nelements(t); ++i) {
            const double u = static_cast<double>(random()) / 4294967295.0; /* the same on every platform */
            values[i] = center + scale * static_cast<float>(2 * u - 1);
        }
        gguf_add_tensor(file, t);
    }
};

/* Writes the file and lets both go. */
void write(gguf_context *g, ggml_context *memory, const std::string &path) {
    if (!gguf_write_to_file(g, path.c_str(), false)) {
        fprintf(stderr, "cannot write %s\n", path.c_str());
        exit(2);
    }
    ggml_free(memory);
    gguf_free(g);
}

} // namespace

void write_tiny_model(const std::string &path, const tiny_options &o) {
    gguf_context *g = gguf_init_empty();
    gguf_set_val_str(g, "general.architecture", "llama");
    gguf_set_val_str(g, "general.name", "tiny");
    gguf_set_val_u32(g, "general.file_type", 0);
    gguf_set_val_u32(g, "llama.context_length", 4096);
    gguf_set_val_u32(g, "llama.embedding_length", static_cast<uint32_t>(o.n_embd));
    gguf_set_val_u32(g, "llama.block_count", static_cast<uint32_t>(o.n_layer));
    gguf_set_val_u32(g, "llama.feed_forward_length", static_cast<uint32_t>(o.n_ff));
    gguf_set_val_u32(g, "llama.attention.head_count", static_cast<uint32_t>(o.n_head));
    gguf_set_val_u32(g, "llama.attention.head_count_kv", static_cast<uint32_t>(o.n_head_kv));
    gguf_set_val_f32(g, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
    gguf_set_val_u32(g, "llama.rope.dimension_count", static_cast<uint32_t>(o.n_embd / o.n_head));
    add_vocabulary(g);

    ggml_init_params params{};
    params.mem_size = 16u << 20;
    ggml_context *memory = ggml_init(params);
    const int64_t n_vocab = gguf_get_arr_n(g, gguf_find_key(g, "tokenizer.ggml.tokens"));
    const int64_t n_kv = static_cast<int64_t>(o.n_embd) / o.n_head * o.n_head_kv;
    weights w{g, memory, std::mt19937(o.seed)};
    w.add("token_embd.weight", o.n_embd, n_vocab, 1.0f);
    for (int32_t l = 0; l < o.n_layer; ++l) {
        const std::string b = "blk." + std::to_string(l) + ".";
        w.add(b + "attn_norm.weight", o.n_embd, 0, 0.1f, 1.0f);
        w.add(b + "attn_q.weight", o.n_embd, o.n_embd, 0.4f);
        w.add(b + "attn_k.weight", o.n_embd, n_kv, 0.4f);
        w.add(b + "attn_v.weight", o.n_embd, n_kv, 0.4f);
        w.add(b + "attn_output.weight", o.n_embd, o.n_embd, 0.4f);
        w.add(b + "ffn_norm.weight", o.n_embd, 0, 0.1f, 1.0f);
        w.add(b + "ffn_gate.weight", o.n_embd, o.n_ff, 0.3f);
        w.add(b + "ffn_up.weight", o.n_embd, o.n_ff, 0.3f);
        w.add(b + "ffn_down.weight", o.n_ff, o.n_embd, 0.3f);
    }
    w.add("output_norm.weight", o.n_embd, 0, 0.1f, o.nan_norm ? NAN : 1.0f);
    w.add("output.weight", o.n_embd, n_vocab, 0.5f, o.nan_output ? NAN : 0.0f);

    write(g, memory, path);
}

void write_tiny_encoder(const std::string &path, const tiny_encoder_options &o) {
    constexpr int64_t EMBD = 64, FF = 96;
    gguf_context *g = gguf_init_empty();
    gguf_set_val_str(g, "general.architecture", "bert");
    gguf_set_val_str(g, "general.name", "tiny encoder");
    gguf_set_val_u32(g, "general.file_type", 0);
    gguf_set_val_u32(g, "bert.context_length", static_cast<uint32_t>(o.n_ctx));
    gguf_set_val_u32(g, "bert.embedding_length", EMBD);
    gguf_set_val_u32(g, "bert.block_count", static_cast<uint32_t>(o.n_layer));
    gguf_set_val_u32(g, "bert.feed_forward_length", FF);
    gguf_set_val_u32(g, "bert.attention.head_count", 4);
    gguf_set_val_f32(g, "bert.attention.layer_norm_epsilon", 1e-5f);
    gguf_set_val_bool(g, "bert.attention.causal", false);
    if (o.pooling >= 0) {
        gguf_set_val_u32(g, "bert.pooling_type", static_cast<uint32_t>(o.pooling));
    }
    add_vocabulary(g);
    gguf_set_val_u32(g, "tokenizer.ggml.token_type_count", 2);
    const auto n_vocab = static_cast<int64_t>(gguf_get_arr_n(g, gguf_find_key(g, "tokenizer.ggml.tokens")));
    gguf_set_val_u32(g, "tokenizer.ggml.seperator_token_id", static_cast<uint32_t>(n_vocab - 3));
    gguf_set_val_bool(g, "tokenizer.ggml.add_sep_token", true);
    gguf_set_val_bool(g, "tokenizer.ggml.add_eos_token", true);

    ggml_init_params params{};
    params.mem_size = 16u << 20;
    ggml_context *memory = ggml_init(params);
    weights w{g, memory, std::mt19937(o.seed)};
    w.add("token_embd.weight", EMBD, n_vocab, 1.0f);
    w.add("token_types.weight", EMBD, 2, 0.1f);
    w.add("position_embd.weight", EMBD, o.n_ctx, 0.3f);
    w.add("token_embd_norm.weight", EMBD, 0, 0.1f, 1.0f);
    w.add("token_embd_norm.bias", EMBD, 0, 0.1f);
    const float on = o.zeros ? 0.0f : 1.0f;
    for (int32_t l = 0; l < o.n_layer; ++l) {
        const std::string b = "blk." + std::to_string(l) + ".";
        for (const char *name : {"attn_q", "attn_k", "attn_v", "attn_output"}) {
            w.add(b + name + ".weight", EMBD, EMBD, 0.4f * on);
            w.add(b + name + ".bias", EMBD, 0, 0.1f * on);
        }
        w.add(b + "attn_output_norm.weight", EMBD, 0, 0.1f * on, 1.0f);
        w.add(b + "attn_output_norm.bias", EMBD, 0, 0.1f * on);
        w.add(b + "ffn_up.weight", EMBD, FF, 0.3f);
        w.add(b + "ffn_up.bias", FF, 0, 0.1f);
        w.add(b + "ffn_down.weight", FF, EMBD, 0.3f * on);
        w.add(b + "ffn_down.bias", EMBD, 0, 0.1f * on);
        w.add(b + "layer_output_norm.weight", EMBD, 0, 0.1f * on, 1.0f);
        w.add(b + "layer_output_norm.bias", EMBD, 0, 0.1f * on);
    }
    if (o.rank_head) {
        w.add("cls.weight", EMBD, EMBD, 0.3f);
        w.add("cls.bias", EMBD, 0, 0.1f);
        w.add("cls.output.weight", EMBD, 1, 0.3f);
        w.add("cls.output.bias", 1, 0, 0.1f);
    }
    write(g, memory, path);
}

void write_tiny_mamba(const std::string &path) {
    constexpr int64_t EMBD = 64, INNER = 2 * EMBD, STATE = 16, CONV = 4, RANK = 4;
    gguf_context *g = gguf_init_empty();
    gguf_set_val_str(g, "general.architecture", "mamba");
    gguf_set_val_str(g, "general.name", "tiny mamba");
    gguf_set_val_u32(g, "general.file_type", 0);
    gguf_set_val_u32(g, "mamba.context_length", 4096);
    gguf_set_val_u32(g, "mamba.embedding_length", EMBD);
    gguf_set_val_u32(g, "mamba.block_count", 2);
    gguf_set_val_u32(g, "mamba.feed_forward_length", 0);
    gguf_set_val_u32(g, "mamba.attention.head_count", 0);
    gguf_set_val_f32(g, "mamba.attention.layer_norm_rms_epsilon", 1e-5f);
    gguf_set_val_u32(g, "mamba.ssm.conv_kernel", CONV);
    gguf_set_val_u32(g, "mamba.ssm.inner_size", INNER);
    gguf_set_val_u32(g, "mamba.ssm.state_size", STATE);
    gguf_set_val_u32(g, "mamba.ssm.time_step_rank", RANK);
    add_vocabulary(g);

    ggml_init_params params{};
    params.mem_size = 16u << 20;
    ggml_context *memory = ggml_init(params);
    const int64_t n_vocab = gguf_get_arr_n(g, gguf_find_key(g, "tokenizer.ggml.tokens"));
    weights w{g, memory, std::mt19937(tiny_options().seed)};
    w.add("token_embd.weight", EMBD, n_vocab, 1.0f);
    for (int32_t l = 0; l < 2; ++l) {
        const std::string b = "blk." + std::to_string(l) + ".";
        w.add(b + "attn_norm.weight", EMBD, 0, 0.1f, 1.0f);
        w.add(b + "ssm_in.weight", EMBD, 2 * INNER, 0.4f);
        w.add(b + "ssm_conv1d.weight", CONV, INNER, 0.5f);
        w.add(b + "ssm_conv1d.bias", INNER, 0, 0.1f);
        w.add(b + "ssm_x.weight", INNER, RANK + 2 * STATE, 0.3f);
        w.add(b + "ssm_dt.weight", RANK, INNER, 0.3f);
        w.add(b + "ssm_dt.bias", INNER, 0, 0.3f, -2.0f);
        w.add(b + "ssm_a", STATE, INNER, 0.05f, -0.1f); /* negative, slowly forgetting */
        w.add(b + "ssm_d", INNER, 0, 0.1f, 1.0f);
        w.add(b + "ssm_out.weight", INNER, EMBD, 0.3f);
    }
    w.add("output_norm.weight", EMBD, 0, 0.1f, 1.0f);
    w.add("output.weight", EMBD, n_vocab, 0.5f);
    write(g, memory, path);
}
