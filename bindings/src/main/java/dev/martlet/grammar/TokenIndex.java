package dev.martlet.grammar;

import dev.martlet.model.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A vocabulary prepared for grammars: its tokens as a tree, the tokens that any JSON string can hold, and a bounded cache
 * of masks that all grammars share. Make one for each model and keep it. Safe from any thread.
 */
public final class TokenIndex {

    /** Most bytes that the cached masks of one vocabulary take, roughly. */
    private static final long CACHE_BYTES = 192L << 20;

    private final Vocabulary vocabulary;
    private final int words;
    private final TokenTrie all;
    private final TokenTrie notPlain;
    /** Tokens of plain string characters by their number, from 1 on; the last has all longer ones too. */
    private final int[][] plainByLength;

    private final long[] plain;
    private final Map<String, Integer> specials = new HashMap<>();
    private final int[] ends;

    private final ConcurrentHashMap<Object, WordMask> masks = new ConcurrentHashMap<>();
    private final AtomicLong cached = new AtomicLong();

    /** Prepares a vocabulary; some tens of milliseconds for a hundred thousand tokens. */
    public TokenIndex(Vocabulary vocabulary) {
        this.vocabulary = Objects.requireNonNull(vocabulary, "vocabulary");
        this.words = (vocabulary.size() + 63) / 64;
        this.plain = new long[words];
        TokenTail.IntBuffer text = new TokenTail.IntBuffer();
        TokenTail.IntBuffer other = new TokenTail.IntBuffer();
        TokenTail.IntBuffer end = new TokenTail.IntBuffer();
        Map<Integer, TokenTail.IntBuffer> byLength = new HashMap<>();
        int longest = 0;
        for (int token = 0; token < vocabulary.size(); token++) {
            if (vocabulary.isEndOfGeneration(token)) {
                end.add(token);
            }
            if (vocabulary.isControl(token)) {
                specials.putIfAbsent(new String(vocabulary.bytes(token), StandardCharsets.UTF_8), token);
            } else if (!vocabulary.isEndOfGeneration(token) && vocabulary.length(token) > 0) {
                text.add(token);
                int length = plainLength(vocabulary.bytes(token));
                if (length > 0) {
                    longest = Math.max(longest, length);
                    plain[token >> 6] |= 1L << token;
                    byLength.computeIfAbsent(length, l -> new TokenTail.IntBuffer())
                            .add(token);
                } else {
                    other.add(token);
                }
            }
        }
        this.plainByLength = new int[longest + 1][];
        for (int length = 0; length <= longest; length++) {
            TokenTail.IntBuffer tokens = byLength.get(length);
            plainByLength[length] = tokens == null ? new int[0] : tokens.toArray();
        }
        this.all = new TokenTrie(vocabulary, text.toArray());
        this.notPlain = new TokenTrie(vocabulary, other.toArray());
        this.ends = end.toArray();
    }

    /** The characters that a token begins, if it begins at one and stays in plain string characters; else 0. */
    private static int plainLength(byte[] bytes) {
        int state = JsonText.PLAIN.start();
        int characters = 0;
        for (byte b : bytes) {
            state = JsonText.PLAIN.step(state, b & 0xff);
            if (state < 0) {
                return 0;
            }
            characters += (b & 0xc0) == 0x80 ? 0 : 1;
        }
        return characters;
    }

    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** Words of 64 tokens in a mask of this vocabulary. */
    public int words() {
        return words;
    }

    TokenTrie all() {
        return all;
    }

    /** The tokens with a quote, a backslash, a control character or a broken first character. */
    TokenTrie notPlain() {
        return notPlain;
    }

    /** Sets the bits of all tokens of at most {@code room} plain characters. */
    void allowPlain(int room, long[] mask) {
        if (room >= plainByLength.length - 1) {
            for (int w = 0; w < words; w++) {
                mask[w] |= plain[w];
            }
            return;
        }
        for (int length = 1; length <= room; length++) {
            for (int token : plainByLength[length]) {
                mask[token >> 6] |= 1L << token;
            }
        }
    }

    /** Sets the bits of the tokens that end a generation. */
    void allowEnd(long[] mask) {
        for (int token : ends) {
            mask[token >> 6] |= 1L << token;
        }
    }

    /** The control token that is spelled so, or -1. */
    int special(String spelling) {
        return specials.getOrDefault(spelling, -1);
    }

    WordMask mask(WordFrame word) {
        Object key = word.key();
        WordMask known = masks.get(key);
        if (known == null) {
            known = WordMask.of(this, word.lexer, word.state);
            if (cached.addAndGet(known.weight() + 128) > CACHE_BYTES) {
                masks.clear();
                cached.set(0);
            }
            masks.put(key, known);
        }
        return known;
    }
}
