package dev.martlet.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.model.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DetokenizerTest {

    private static final int ROUNDS = 3_000;

    /** A vocabulary of these byte strings; the last token is a control token. */
    private static Vocabulary vocabulary(List<byte[]> pieces) {
        int[] offsets = new int[pieces.size() + 1];
        for (int t = 0; t < pieces.size(); t++) {
            offsets[t + 1] = offsets[t] + pieces.get(t).length;
        }
        byte[] bytes = new byte[offsets[pieces.size()]];
        for (int t = 0; t < pieces.size(); t++) {
            System.arraycopy(pieces.get(t), 0, bytes, offsets[t], pieces.get(t).length);
        }
        int[] flags = new int[pieces.size()];
        flags[pieces.size() - 1] = 1;
        return new Vocabulary(offsets, bytes, flags);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void shouldHoldACharacterBackUntilItIsWhole() {
        Vocabulary vocabulary =
                vocabulary(List.of(utf8("a"), bytes(0xF0, 0x9F), bytes(0x90), bytes(0xA6, 'b'), utf8("<end>")));
        Detokenizer detokenizer = Detokenizer.of(vocabulary);
        assertThat(detokenizer.push(0)).isEqualTo("a");
        assertThat(detokenizer.push(1)).isEmpty();
        assertThat(detokenizer.push(2)).isEmpty();
        assertThat(detokenizer.push(3)).isEqualTo("🐦b");
        assertThat(detokenizer.finish()).isEmpty();
    }

    @Test
    void shouldReplaceACharacterThatIsCutOff() {
        Vocabulary vocabulary = vocabulary(List.of(bytes('a', 0xE2, 0x82), utf8("b"), utf8("<end>")));
        Detokenizer cutByTheEnd = Detokenizer.of(vocabulary);
        assertThat(cutByTheEnd.push(0)).isEqualTo("a");
        assertThat(cutByTheEnd.finish()).isEqualTo("\uFFFD");
        assertThat(cutByTheEnd.finish()).isEmpty();
        Detokenizer cutByAnother = Detokenizer.of(vocabulary);
        assertThat(cutByAnother.push(0) + cutByAnother.push(1)).isEqualTo("a\uFFFDb");
    }

    @Test
    void shouldLeaveControlTokensOutOrSpellThem() {
        Vocabulary vocabulary = vocabulary(List.of(utf8("a"), utf8("<end>")));
        assertThat(Detokenizer.of(vocabulary).push(1)).isEmpty();
        assertThat(Detokenizer.spellingControl(vocabulary).push(1)).isEqualTo("<end>");
    }

    @Test
    void shouldGiveTheSameTextAsDecodingAllBytesAtOnce() {
        long base = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("DetokenizerTest: martlet.test.seed=" + base);
        for (int round = 0; round < ROUNDS; round++) {
            long seed = base + round;
            Random random = new Random(seed);
            byte[] all = randomBytes(random);
            Vocabulary single = vocabulary(singleBytes());
            Detokenizer detokenizer = Detokenizer.of(single);
            StringBuilder text = new StringBuilder();
            for (byte one : all) {
                String piece = detokenizer.push(one & 0xFF);
                if (!piece.isEmpty()) {
                    assertThat(Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                            .as("half a pair, seed %d", seed)
                            .isFalse();
                }
                text.append(piece);
            }
            text.append(detokenizer.finish());
            assertThat(text.toString()).as("seed %d", seed).isEqualTo(new String(all, StandardCharsets.UTF_8));
        }
    }

    private static List<byte[]> singleBytes() {
        List<byte[]> pieces = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            pieces.add(bytes(b));
        }
        pieces.add(utf8("<end>"));
        return pieces;
    }

    /** Good characters of all lengths, with broken ones and stray bytes between them. */
    private static byte[] randomBytes(Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int[] limits = {0x80, 0x800, 0x10000, 0x110000};
        for (int i = 0; i < 12; i++) {
            int point = random.nextInt(limits[random.nextInt(4)]);
            byte[] character = utf8(Character.toString(point >= 0xD800 && point < 0xE000 ? 'x' : point));
            switch (random.nextInt(4)) {
                case 0 -> out.write(character, 0, random.nextInt(character.length + 1));
                case 1 -> out.write(0x80 + random.nextInt(0x80));
                default -> out.write(character, 0, character.length);
            }
        }
        return out.toByteArray();
    }
}
