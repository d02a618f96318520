package dev.martlet.embedding;

import dev.martlet.model.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Writes a GGUF file of a BERT of random weights that sees 64 tokens, width 32, one layer, a token per byte; with a rank
 * head where asked for. Its texts are put between {@code <s>} and {@code </s>}.
 */
public final class TinyEncoder {
    private static final int WIDTH = 32;
    private static final int INNER = 48;
    private static final int CONTEXT = 64;

    private final GgufWriter out = new GgufWriter();
    private final Random random = new Random(20_260_303);

    private TinyEncoder() {}

    /** @return the file */
    public static Path write(Path file, boolean rankHead) throws IOException {
        return new TinyEncoder().build(file, rankHead);
    }

    private Path build(Path file, boolean rankHead) throws IOException {
        List<String> tokens = tokens();
        out.text("general.architecture", "bert")
                .text("general.name", "tiny encoder")
                .number("general.file_type", 0)
                .number("bert.context_length", CONTEXT)
                .number("bert.embedding_length", WIDTH)
                .number("bert.block_count", 1)
                .number("bert.feed_forward_length", INNER)
                .number("bert.attention.head_count", 2)
                .real("bert.attention.layer_norm_epsilon", 1e-5f)
                .truth("bert.attention.causal", false)
                .number("bert.pooling_type", rankHead ? 4 : 2)
                .text("tokenizer.ggml.model", "gpt2")
                .text("tokenizer.ggml.pre", "gpt-2")
                .texts("tokenizer.ggml.tokens", tokens)
                .texts("tokenizer.ggml.merges", List.of("t h"))
                // All are ordinary but the last two.
                .numbers(
                        "tokenizer.ggml.token_type",
                        IntStream.range(0, tokens.size()).map(i -> i < tokens.size() - 2 ? 1 : 3))
                .number("tokenizer.ggml.token_type_count", 2)
                .number("tokenizer.ggml.bos_token_id", 257)
                .number("tokenizer.ggml.eos_token_id", 258)
                .number("tokenizer.ggml.seperator_token_id", 258)
                .truth("tokenizer.ggml.add_bos_token", true)
                .truth("tokenizer.ggml.add_eos_token", true)
                .truth("tokenizer.ggml.add_sep_token", true);
        weights(tokens.size(), rankHead);
        return out.write(file);
    }

    private static List<String> tokens() {
        List<String> tokens = new ArrayList<>();
        for (int b = 0, other = 256; b < 256; b++) {
            boolean printable = b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
            tokens.add(Character.toString(printable ? b : other++));
        }
        tokens.addAll(List.of("th", "<s>", "</s>"));
        return tokens;
    }

    private void weights(int vocabulary, boolean rankHead) {
        tensor("token_embd.weight", 1, 0, WIDTH, vocabulary);
        tensor("token_types.weight", 0.1f, 0, WIDTH, 2);
        tensor("position_embd.weight", 0.3f, 0, WIDTH, CONTEXT);
        norm("token_embd_norm");
        for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
            tensor("blk.0." + name + ".weight", 0.4f, 0, WIDTH, WIDTH);
            tensor("blk.0." + name + ".bias", 0.1f, 0, WIDTH);
        }
        norm("blk.0.attn_output_norm");
        tensor("blk.0.ffn_up.weight", 0.3f, 0, WIDTH, INNER);
        tensor("blk.0.ffn_up.bias", 0.1f, 0, INNER);
        tensor("blk.0.ffn_down.weight", 0.3f, 0, INNER, WIDTH);
        tensor("blk.0.ffn_down.bias", 0.1f, 0, WIDTH);
        norm("blk.0.layer_output_norm");
        if (rankHead) {
            tensor("cls.weight", 0.4f, 0, WIDTH, WIDTH);
            tensor("cls.bias", 0.1f, 0, WIDTH);
            tensor("cls.output.weight", 0.8f, 0, WIDTH, 1);
            tensor("cls.output.bias", 0.1f, 0, 1);
        }
    }

    private void norm(String name) {
        tensor(name + ".weight", 0.1f, 1, WIDTH);
        tensor(name + ".bias", 0.1f, 0, WIDTH);
    }

    private void tensor(String name, float scale, float center, long... shape) {
        int elements = 1;
        for (long n : shape) {
            elements *= (int) n;
        }
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = center + scale * (2 * random.nextFloat() - 1);
        }
        out.tensor(name, values, shape);
    }
}
