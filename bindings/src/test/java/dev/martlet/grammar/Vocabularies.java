package dev.martlet.grammar;

import dev.martlet.model.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small vocabularies for tests. */
final class Vocabularies {

    private Vocabularies() {}

    /**
     * All 256 bytes, then the given texts, then the control tokens {@code <end>} (which ends a generation) and {@code
     * <call>}.
     */
    static Vocabulary bytesAnd(String... texts) {
        List<byte[]> tokens = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            tokens.add(new byte[] {(byte) b});
        }
        for (String text : texts) {
            tokens.add(text.getBytes(StandardCharsets.UTF_8));
        }
        int controls = tokens.size();
        tokens.add("<end>".getBytes(StandardCharsets.UTF_8));
        tokens.add("<call>".getBytes(StandardCharsets.UTF_8));
        int[] offsets = new int[tokens.size() + 1];
        int[] flags = new int[tokens.size()];
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int t = 0; t < flags.length; t++) {
            bytes.writeBytes(tokens.get(t));
            offsets[t + 1] = bytes.size();
            flags[t] = t == controls ? 3 : t > controls ? 1 : 0;
        }
        return new Vocabulary(offsets, bytes.toByteArray(), flags);
    }

    /** {@link #bytesAnd} some hundred random pieces of JSON, also such as cross its syntax and its characters. */
    static Vocabulary random(Random random) {
        String letters = "abcxyz019-.eE+ ,:[]{}\"\"\\\n\té漢😀truefalsn/u";
        int[] points = letters.codePoints().toArray();
        String[] texts = new String[400];
        for (int i = 0; i < texts.length; i++) {
            StringBuilder text = new StringBuilder();
            int length = 2 + random.nextInt(4);
            while (text.codePointCount(0, text.length()) < length) {
                text.appendCodePoint(points[random.nextInt(points.length)]);
            }
            texts[i] = text.toString();
        }
        return bytesAnd(texts);
    }
}
