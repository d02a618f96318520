package dev.martlet.embedding;

import dev.martlet.model.GgufFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a GGUF file of a BERT of random weights that sees 64 tokens, width 32, one layer, a token per byte; with a rank
 * head where asked for. Its texts are put between {@code <s>} and {@code </s>}.
 */
public final class TinyEncoder {
    private static final int WIDTH = 32;
    private static final int INNER = 48;
    private static final int CONTEXT = 64;
    private static final long SEED = 20_260_303;

    private TinyEncoder() {}

    /** @return the file */
    public static Path write(Path file, boolean rankHead) throws IOException {
        List<String> tokens = new ArrayList<>(GgufFile.letters());
        tokens.addAll(List.of("th", "<s>", "</s>"));
        int[] types = new int[tokens.size()];
        Arrays.fill(types, GgufFile.ORDINARY);
        Arrays.fill(types, tokens.size() - 2, tokens.size(), GgufFile.CONTROL);
        GgufFile gguf = new GgufFile(SEED)
                .text("general.architecture", "bert")
                .text("general.name", "tiny encoder")
                .number("general.file_type", 0)
                .number("bert.context_length", CONTEXT)
                .number("bert.embedding_length", WIDTH)
                .number("bert.block_count", 1)
                .number("bert.feed_forward_length", INNER)
                .number("bert.attention.head_count", 2)
                .number("bert.attention.layer_norm_epsilon", 1e-5f)
                .flag("bert.attention.causal", false)
                .number("bert.pooling_type", rankHead ? 4 : 2)
                .text("tokenizer.ggml.model", "gpt2")
                .text("tokenizer.ggml.pre", "gpt-2")
                .texts("tokenizer.ggml.tokens", tokens)
                .texts("tokenizer.ggml.merges", List.of("t h"))
                .numbers("tokenizer.ggml.token_type", types)
                .number("tokenizer.ggml.token_type_count", 2)
                .number("tokenizer.ggml.bos_token_id", 257)
                .number("tokenizer.ggml.eos_token_id", 258)
                .number("tokenizer.ggml.seperator_token_id", 258)
                .flag("tokenizer.ggml.add_bos_token", true)
                .flag("tokenizer.ggml.add_eos_token", true)
                .flag("tokenizer.ggml.add_sep_token", true);
        weights(gguf, tokens.size());
        if (rankHead) {
            gguf.tensor("cls.weight", 0.4, 0, WIDTH, WIDTH)
                    .tensor("cls.bias", 0.1, 0, WIDTH)
                    .tensor("cls.output.weight", 0.8, 0, WIDTH, 1)
                    .tensor("cls.output.bias", 0.1, 0, 1);
        }
        return gguf.write(file);
    }

    private static void weights(GgufFile gguf, int vocabulary) {
        gguf.tensor("token_embd.weight", 1, 0, WIDTH, vocabulary)
                .tensor("token_types.weight", 0.1, 0, WIDTH, 2)
                .tensor("position_embd.weight", 0.3, 0, WIDTH, CONTEXT);
        norm(gguf, "token_embd_norm");
        for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
            gguf.tensor("blk.0." + name + ".weight", 0.4, 0, WIDTH, WIDTH)
                    .tensor("blk.0." + name + ".bias", 0.1, 0, WIDTH);
        }
        norm(gguf, "blk.0.attn_output_norm");
        gguf.tensor("blk.0.ffn_up.weight", 0.3, 0, WIDTH, INNER)
                .tensor("blk.0.ffn_up.bias", 0.1, 0, INNER)
                .tensor("blk.0.ffn_down.weight", 0.3, 0, INNER, WIDTH)
                .tensor("blk.0.ffn_down.bias", 0.1, 0, WIDTH);
        norm(gguf, "blk.0.layer_output_norm");
    }

    private static void norm(GgufFile gguf, String name) {
        gguf.tensor(name + ".weight", 0.1, 1, WIDTH).tensor(name + ".bias", 0.1, 0, WIDTH);
    }
}
