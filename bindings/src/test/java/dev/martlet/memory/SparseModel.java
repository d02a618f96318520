package dev.martlet.memory;

import dev.martlet.model.GgufFile;
import dev.martlet.model.GgufFile.Type;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The file of a model of realistic size whose weights are holes: it takes no more room than its tokens do.
 *
 * @param architecture "llama", "qwen2", "qwen3moe" or "gemma3"
 * @param experts 0 where all layers are dense
 * @param head width of a head's keys and values
 * @param ownOutput whether the output has weights of its own
 */
record SparseModel(
        String architecture,
        int embedding,
        int layers,
        int heads,
        int kvHeads,
        int head,
        int inner,
        int experts,
        int usedExperts,
        int vocabulary,
        boolean ownOutput) {

    Path write(Path file) throws IOException {
        GgufFile out = new GgufFile(0);
        metadata(out);
        vocabulary(out);
        out.hole("token_embd.weight", Type.Q6_K, embedding, vocabulary);
        out.hole("output_norm.weight", Type.F32, embedding);
        if (ownOutput) {
            out.hole("output.weight", Type.Q6_K, embedding, vocabulary);
        }
        IntStream.range(0, layers).forEach(layer -> layer(out, "blk." + layer + "."));
        return out.write(file);
    }

    private void metadata(GgufFile out) {
        String prefix = architecture + ".";
        out.text("general.architecture", architecture)
                .text("general.name", "sparse")
                .number("general.file_type", 15)
                .number(prefix + "context_length", 131_072)
                .number(prefix + "embedding_length", embedding)
                .number(prefix + "block_count", layers)
                .number(prefix + "feed_forward_length", inner)
                .number(prefix + "attention.head_count", heads)
                .number(prefix + "attention.head_count_kv", kvHeads)
                .number(prefix + "attention.key_length", head)
                .number(prefix + "attention.value_length", head)
                .number(prefix + "rope.dimension_count", head)
                .number(prefix + "attention.layer_norm_rms_epsilon", 1e-5f);
        if (experts > 0) {
            out.number(prefix + "expert_count", experts)
                    .number(prefix + "expert_used_count", usedExperts)
                    .number(prefix + "expert_feed_forward_length", inner);
        }
        if (architecture.equals("gemma3")) {
            out.number(prefix + "attention.sliding_window", 1_024);
        }
    }

    /** As many tokens as asked for, bytes and numbers. */
    private void vocabulary(GgufFile out) {
        List<String> letters = GgufFile.letters();
        List<String> tokens = IntStream.range(0, vocabulary)
                .mapToObj(token -> token == 2 ? "<|im_end|>" : token < 256 ? letters.get(token) : "t" + token)
                .toList();
        out.text("tokenizer.ggml.model", "gpt2")
                .text("tokenizer.ggml.pre", "gpt-2")
                .texts("tokenizer.ggml.tokens", tokens)
                .numbers(
                        "tokenizer.ggml.token_type",
                        IntStream.range(0, vocabulary)
                                .map(token -> token == 2 ? 3 : 1)
                                .toArray())
                .texts("tokenizer.ggml.merges", List.of("t h"))
                .number("tokenizer.ggml.bos_token_id", 1)
                .number("tokenizer.ggml.eos_token_id", 2);
    }

    private void layer(GgufFile out, String name) {
        out.hole(name + "attn_norm.weight", Type.F32, embedding);
        out.hole(name + "attn_q.weight", Type.Q4_K, embedding, (long) heads * head);
        out.hole(name + "attn_k.weight", Type.Q4_K, embedding, (long) kvHeads * head);
        out.hole(name + "attn_v.weight", Type.Q6_K, embedding, (long) kvHeads * head);
        out.hole(name + "attn_output.weight", Type.Q4_K, (long) heads * head, embedding);
        out.hole(name + "ffn_norm.weight", Type.F32, embedding);
        switch (architecture) {
            case "qwen2" -> {
                out.hole(name + "attn_q.bias", Type.F32, (long) heads * head);
                out.hole(name + "attn_k.bias", Type.F32, (long) kvHeads * head);
                out.hole(name + "attn_v.bias", Type.F32, (long) kvHeads * head);
            }
            case "qwen3moe", "gemma3" -> {
                out.hole(name + "attn_q_norm.weight", Type.F32, head);
                out.hole(name + "attn_k_norm.weight", Type.F32, head);
            }
            default -> {}
        }
        if (architecture.equals("gemma3")) {
            out.hole(name + "post_attention_norm.weight", Type.F32, embedding);
            out.hole(name + "post_ffw_norm.weight", Type.F32, embedding);
        }
        if (experts > 0) {
            out.hole(name + "ffn_gate_inp.weight", Type.F32, embedding, experts);
            out.hole(name + "ffn_gate_exps.weight", Type.Q4_K, embedding, inner, experts);
            out.hole(name + "ffn_up_exps.weight", Type.Q4_K, embedding, inner, experts);
            out.hole(name + "ffn_down_exps.weight", Type.Q6_K, inner, embedding, experts);
        } else {
            out.hole(name + "ffn_gate.weight", Type.Q4_K, embedding, inner);
            out.hole(name + "ffn_up.weight", Type.Q4_K, embedding, inner);
            out.hole(name + "ffn_down.weight", Type.Q6_K, inner, embedding);
        }
    }
}
