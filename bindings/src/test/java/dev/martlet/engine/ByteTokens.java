package dev.martlet.engine;

import dev.martlet.model.Tokenizer;
import dev.martlet.model.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A tiny model's tokens for tests: one per byte, then {@code <|end|>}, which ends, and {@code <|mark|>}, a control. */
public final class ByteTokens implements Tokenizer {

    /** The token that ends a generation. */
    public static final int END = 256;

    /** A control token without effect. */
    public static final int MARK = 257;

    private static final int SIZE = 258;

    public ByteTokens() {}

    /** The vocabulary of these tokens. */
    public static Vocabulary vocabulary() {
        byte[] end = "<|end|>".getBytes(StandardCharsets.UTF_8);
        byte[] mark = "<|mark|>".getBytes(StandardCharsets.UTF_8);
        byte[] bytes = new byte[END + end.length + mark.length];
        int[] offsets = new int[SIZE + 1];
        int[] flags = new int[SIZE];
        for (int t = 0; t < END; t++) {
            bytes[t] = (byte) t;
            offsets[t + 1] = t + 1;
            flags[t] = 8;
        }
        System.arraycopy(end, 0, bytes, END, end.length);
        System.arraycopy(mark, 0, bytes, END + end.length, mark.length);
        offsets[MARK] = END + end.length;
        offsets[SIZE] = bytes.length;
        flags[END] = 3;
        flags[MARK] = 1;
        return new Vocabulary(offsets, bytes, flags);
    }

    /** The tokens of a text. */
    public static int[] tokens(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] tokens = new int[bytes.length];
        Arrays.setAll(tokens, i -> bytes[i] & 0xFF);
        return tokens;
    }

    /** The text of tokens, controls left out. */
    public static String text(int[] tokens, int length) {
        byte[] bytes = new byte[length];
        int size = 0;
        for (int i = 0; i < length; i++) {
            if (tokens[i] < END) {
                bytes[size++] = (byte) tokens[i];
            }
        }
        return new String(bytes, 0, size, StandardCharsets.UTF_8);
    }

    @Override
    public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
        return tokens(text);
    }
}
