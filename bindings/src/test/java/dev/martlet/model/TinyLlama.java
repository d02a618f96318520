package dev.martlet.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a GGUF file of a Llama of random weights, two layers of width 64, about 600 kB. Each of its words is a token,
 * alone and after a space, and so is every byte; it answers with words only, so that each token of an answer is a whole
 * piece of text.
 */
public final class TinyLlama {
    private static final int WIDTH = 64;
    private static final int INNER = 96;
    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final int LAYERS = 2;
    private static final int CONTEXT = 4_096;
    private static final long SEED = 20_260_404;

    /** The column of all hidden states that no layer writes: the same positive number in every one of them. */
    private static final int CONSTANT = 0;

    private static final String SPACE = GgufFile.letters().get(' ');

    private TinyLlama() {}

    /**
     * @param words of letters, none twice
     * @return the file
     */
    public static Path write(Path file, List<String> words) throws IOException {
        List<String> tokens = new ArrayList<>(GgufFile.letters());
        int firstWord = tokens.size();
        words.forEach(word -> tokens.addAll(List.of(word, SPACE + word)));
        int firstControl = tokens.size();
        tokens.addAll(List.of("<s>", "</s>", "<|user|>", "<|assistant|>"));
        int[] types = new int[tokens.size()];
        Arrays.fill(types, GgufFile.ORDINARY);
        Arrays.fill(types, firstControl, tokens.size(), GgufFile.CONTROL);
        GgufFile gguf = new GgufFile(SEED)
                .text("general.architecture", "llama")
                .text("general.name", "tiny llama")
                .number("general.file_type", 0)
                .number("llama.context_length", CONTEXT)
                .number("llama.embedding_length", WIDTH)
                .number("llama.block_count", LAYERS)
                .number("llama.feed_forward_length", INNER)
                .number("llama.attention.head_count", HEADS)
                .number("llama.attention.head_count_kv", KV_HEADS)
                .number("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .number("llama.rope.dimension_count", WIDTH / HEADS)
                .number("llama.vocab_size", tokens.size())
                .text("tokenizer.ggml.model", "gpt2")
                // Of this kind a whole word is looked up before anything is merged.
                .text("tokenizer.ggml.pre", "llama-bpe")
                .texts("tokenizer.ggml.tokens", tokens)
                .texts("tokenizer.ggml.merges", List.of("t h"))
                .numbers("tokenizer.ggml.token_type", types)
                .number("tokenizer.ggml.bos_token_id", firstControl)
                .number("tokenizer.ggml.eos_token_id", firstControl + 1)
                .flag("tokenizer.ggml.add_bos_token", true)
                .text(
                        "tokenizer.chat_template",
                        "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{% endfor %}"
                                + "{% if add_generation_prompt %}<|assistant|>{% endif %}");
        layers(gguf, tokens.size());
        gguf.tensor("output_norm.weight", 0.1, 1, WIDTH);
        gguf.tensor(
                "output.weight",
                (column, row, random) -> {
                    double any = random.nextDouble() - 0.5;
                    boolean word = row >= firstWord && row < firstControl;
                    if (column == CONSTANT) {
                        return word ? 0 : -100;
                    }
                    return word ? any : 0;
                },
                WIDTH,
                tokens.size());
        return gguf.write(file);
    }

    private static void layers(GgufFile gguf, int vocabulary) {
        gguf.tensor(
                "token_embd.weight",
                (column, row, random) -> column == CONSTANT ? 2 : 2 * random.nextDouble() - 1,
                WIDTH,
                vocabulary);
        int kvWidth = WIDTH / HEADS * KV_HEADS;
        for (int layer = 0; layer < LAYERS; layer++) {
            String block = "blk." + layer + ".";
            gguf.tensor(block + "attn_norm.weight", 0.1, 1, WIDTH)
                    .tensor(block + "attn_q.weight", 0.4, 0, WIDTH, WIDTH)
                    .tensor(block + "attn_k.weight", 0.4, 0, WIDTH, kvWidth)
                    .tensor(block + "attn_v.weight", 0.4, 0, WIDTH, kvWidth)
                    .tensor(block + "ffn_norm.weight", 0.1, 1, WIDTH)
                    .tensor(block + "ffn_gate.weight", 0.3, 0, WIDTH, INNER)
                    .tensor(block + "ffn_up.weight", 0.3, 0, WIDTH, INNER);
            addition(gguf, block + "attn_output.weight", 0.4, WIDTH);
            addition(gguf, block + "ffn_down.weight", 0.3, INNER);
        }
    }

    /** A matrix whose products are added to the hidden states. */
    private static void addition(GgufFile gguf, String name, double scale, int columns) {
        gguf.tensor(
                name,
                (column, row, random) -> {
                    double any = scale * (2 * random.nextDouble() - 1);
                    return row == CONSTANT ? 0 : any;
                },
                columns,
                WIDTH);
    }
}
