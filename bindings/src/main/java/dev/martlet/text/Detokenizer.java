package dev.martlet.text;

import dev.martlet.model.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns a stream of tokens into text, holding back the bytes of a character until it is whole. Bytes that can no longer
 * become a character come out as U+FFFD, just as if all bytes were decoded at once. For one generation and one thread.
 */
public final class Detokenizer {

    private final Vocabulary vocabulary;
    private final boolean spellControl;
    private byte[] bytes = new byte[64];
    private int size;

    private Detokenizer(Vocabulary vocabulary, boolean spellControl) {
        this.vocabulary = vocabulary;
        this.spellControl = spellControl;
    }

    /** One that leaves control tokens out. */
    public static Detokenizer of(Vocabulary vocabulary) {
        return new Detokenizer(vocabulary, false);
    }

    /** One that spells control tokens out, for parsers that look for them. */
    public static Detokenizer spellingControl(Vocabulary vocabulary) {
        return new Detokenizer(vocabulary, true);
    }

    /** Takes the next token and returns the characters that are now whole, often none or more than one. */
    public String push(int token) {
        if (!spellControl && vocabulary.isControl(token)) {
            return "";
        }
        int length = vocabulary.length(token);
        if (size + length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + length));
        }
        size += vocabulary.copyBytes(token, bytes, size);
        return take(size - unfinished());
    }

    /** What is left at the end: U+FFFD for a character that was cut off, else nothing. */
    public String finish() {
        return take(size);
    }

    private String take(int count) {
        if (count == 0) {
            return "";
        }
        String text = new String(bytes, 0, count, StandardCharsets.UTF_8);
        System.arraycopy(bytes, count, bytes, 0, size - count);
        size -= count;
        return text;
    }

    /** Number of bytes at the end that begin a character and do not end it (Unicode 16, table 3-7). */
    private int unfinished() {
        for (int back = 1; back <= Math.min(3, size); back++) {
            int lead = bytes[size - back] & 0xFF;
            if ((lead & 0xC0) != 0x80) {
                return back < length(lead) && (back < 2 || fits(lead, bytes[size - back + 1] & 0xFF)) ? back : 0;
            }
        }
        return 0;
    }

    /** Bytes of the character that starts with this one; 1 where none does. */
    private static int length(int lead) {
        if (lead < 0xC2 || lead > 0xF4) {
            return 1;
        }
        return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    }

    /**
     * Whether a continuation byte may be the second of a character. The JDK takes a surrogate's three bytes for one wrong
     * character, so that these wait for their third byte like a right one.
     */
    private static boolean fits(int lead, int second) {
        return switch (lead) {
            case 0xE0 -> second >= 0xA0;
            case 0xF0 -> second >= 0x90;
            case 0xF4 -> second < 0x90;
            default -> true;
        };
    }
}
