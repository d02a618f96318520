package dev.martlet.embedding;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Writes a GGUF file of a BERT of random weights that sees 64 tokens, width 32, one layer, a token per byte; with a rank
 * head where asked for. Its texts are put between {@code <s>} and {@code </s>}.
 */
public final class TinyEncoder {
    private static final int WIDTH = 32;
    private static final int INNER = 48;
    private static final int CONTEXT = 64;
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private final ByteArrayOutputStream table = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final Random random = new Random(20_260_303);
    private int pairs;
    private int tensors;

    private TinyEncoder() {}

    /** @return the file */
    public static Path write(Path file, boolean rankHead) throws IOException {
        return new TinyEncoder().build(file, rankHead);
    }

    private Path build(Path file, boolean rankHead) throws IOException {
        List<String> tokens = tokens();
        key("general.architecture", STRING, "bert");
        key("general.name", STRING, "tiny encoder");
        key("general.file_type", UINT32, 0);
        key("bert.context_length", UINT32, CONTEXT);
        key("bert.embedding_length", UINT32, WIDTH);
        key("bert.block_count", UINT32, 1);
        key("bert.feed_forward_length", UINT32, INNER);
        key("bert.attention.head_count", UINT32, 2);
        key("bert.attention.layer_norm_epsilon", FLOAT32, Float.floatToIntBits(1e-5f));
        key("bert.attention.causal", BOOL, 0);
        key("bert.pooling_type", UINT32, rankHead ? 4 : 2);
        key("tokenizer.ggml.model", STRING, "gpt2");
        key("tokenizer.ggml.pre", STRING, "gpt-2");
        array("tokenizer.ggml.tokens", tokens);
        array("tokenizer.ggml.merges", List.of("t h"));
        types(tokens.size());
        key("tokenizer.ggml.token_type_count", UINT32, 2);
        key("tokenizer.ggml.bos_token_id", UINT32, 257);
        key("tokenizer.ggml.eos_token_id", UINT32, 258);
        key("tokenizer.ggml.seperator_token_id", UINT32, 258);
        key("tokenizer.ggml.add_bos_token", BOOL, 1);
        key("tokenizer.ggml.add_eos_token", BOOL, 1);
        key("tokenizer.ggml.add_sep_token", BOOL, 1);
        weights(tokens.size(), rankHead);
        Files.write(file, file());
        return file;
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

    private void weights(int vocabulary, boolean rankHead) throws IOException {
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

    private void norm(String name) throws IOException {
        tensor(name + ".weight", 0.1f, 1, WIDTH);
        tensor(name + ".bias", 0.1f, 0, WIDTH);
    }

    private void tensor(String name, float scale, float center, int... shape) throws IOException {
        int offset = data.size();
        int elements = 1;
        table.write(text(name));
        table.write(int32(shape.length));
        for (int n : shape) {
            elements *= n;
            table.write(int64(n));
        }
        table.write(int32(0));
        table.write(int64(offset));
        for (int i = 0; i < elements; i++) {
            data.write(int32(Float.floatToIntBits(center + scale * (2 * random.nextFloat() - 1))));
        }
        pad(data);
        tensors++;
    }

    private byte[] file() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write("GGUF".getBytes(StandardCharsets.US_ASCII));
        all.write(int32(3));
        all.write(int64(tensors));
        all.write(int64(pairs));
        head.writeTo(all);
        table.writeTo(all);
        pad(all);
        data.writeTo(all);
        return all.toByteArray();
    }

    private static void pad(ByteArrayOutputStream out) {
        while (out.size() % 32 != 0) {
            out.write(0);
        }
    }

    private void key(String name, int type, String value) throws IOException {
        begin(name, type);
        head.write(text(value));
    }

    private void key(String name, int type, int value) throws IOException {
        begin(name, type);
        head.write(type == BOOL ? new byte[] {(byte) value} : int32(value));
    }

    private void array(String name, List<String> values) throws IOException {
        begin(name, ARRAY);
        head.write(int32(STRING));
        head.write(int64(values.size()));
        for (String value : values) {
            head.write(text(value));
        }
    }

    /** All are ordinary but the last two. */
    private void types(int count) throws IOException {
        begin("tokenizer.ggml.token_type", ARRAY);
        head.write(int32(INT32));
        head.write(int64(count));
        for (int i = 0; i < count; i++) {
            head.write(int32(i < count - 2 ? 1 : 3));
        }
    }

    private void begin(String name, int type) throws IOException {
        head.write(text(name));
        head.write(int32(type));
        pairs++;
    }

    private static byte[] text(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(bytes.length)
                .put(bytes)
                .array();
    }

    private static byte[] int32(int value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    private static byte[] int64(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }
}
