package dev.martlet.grammar;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What a vocabulary can do from one state of a {@link Lexer}: the tokens that stay within the word, and for each label
 * the remainders of the tokens that go beyond its end. Immutable; safe from any thread.
 */
final class WordMask {

    private static final int SPARSE = 512;

    private final long[] dense;
    private final int[] sparse;
    private final TokenTrie trie;
    private final int[] labels;
    private final TokenTail[] tails;

    private WordMask(long[] dense, int[] sparse, TokenTrie trie, int[] labels, TokenTail[] tails) {
        this.dense = dense;
        this.sparse = sparse;
        this.trie = trie;
        this.labels = labels;
        this.tails = tails;
    }

    static WordMask of(TokenIndex index, Lexer lexer, int state) {
        long[] within = new long[index.words()];
        int room = lexer.plainRoom(state);
        TokenTrie trie = room > 0 ? index.notPlain() : index.all();
        if (room > 0) {
            index.allowPlain(room, within);
        }
        Map<Integer, TokenTail.IntBuffer> exits = walk(trie, lexer, state, within);
        int[] labels = new int[exits.size()];
        TokenTail[] tails = new TokenTail[labels.length];
        int i = 0;
        for (Map.Entry<Integer, TokenTail.IntBuffer> exit : exits.entrySet()) {
            labels[i] = exit.getKey();
            tails[i++] = new TokenTail(exit.getValue().toArray());
        }
        int count = 0;
        for (long word : within) {
            count += Long.bitCount(word);
        }
        return count > SPARSE
                ? new WordMask(within, null, trie, labels, tails)
                : new WordMask(null, tokens(within, count), trie, labels, tails);
    }

    private static int[] tokens(long[] mask, int count) {
        int[] tokens = new int[count];
        int at = 0;
        for (int w = 0; w < mask.length; w++) {
            for (long rest = mask[w]; rest != 0; rest &= rest - 1) {
                tokens[at++] = w * 64 + Long.numberOfTrailingZeros(rest);
            }
        }
        return tokens;
    }

    /** Marks the tokens that stay in the word; returns by label the nodes at which a word ends and tokens go on. */
    private static Map<Integer, TokenTail.IntBuffer> walk(TokenTrie trie, Lexer lexer, int start, long[] within) {
        Map<Integer, TokenTail.IntBuffer> exits = new HashMap<>();
        int[] states = new int[trie.maxDepth + 1];
        states[0] = start;
        byte[] bytes = trie.bytes;
        short[] depth = trie.depth;
        int[] skip = trie.skip;
        int[] token = trie.token;
        int node = 0;
        while (node < bytes.length) {
            int d = depth[node];
            int state = lexer.step(states[d - 1], bytes[node] & 0xff);
            if (state < 0) {
                node = skip[node];
                continue;
            }
            states[d] = state;
            for (int t = token[node]; t >= 0; t = trie.same[t]) {
                within[t >> 6] |= 1L << t;
            }
            int label = lexer.label(state);
            if (label >= 0 && !trie.isLeaf(node)) {
                exits.computeIfAbsent(label, l -> new TokenTail.IntBuffer()).add(node);
            }
            node++;
        }
        return exits;
    }

    /** Sets the bits of all tokens that this word over {@code rest} takes. */
    void allow(StackSet rest, StackPool pool, long[] mask) {
        if (dense != null) {
            for (int w = 0; w < dense.length; w++) {
                mask[w] |= dense[w];
            }
        } else {
            for (int t : sparse) {
                mask[t >> 6] |= 1L << t;
            }
        }
        for (int i = 0; i < labels.length; i++) {
            Closure behind = new Closure(pool);
            behind.resume(labels[i], rest);
            tails[i].allow(trie, behind.set(), pool, mask);
        }
    }

    /** How many bytes of memory this takes, roughly. */
    int weight() {
        int weight = 64 + (dense == null ? sparse.length * 4 : dense.length * 8);
        return weight + Arrays.stream(tails).mapToInt(TokenTail::weight).sum();
    }
}
