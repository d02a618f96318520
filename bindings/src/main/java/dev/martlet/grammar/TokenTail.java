package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is left of tokens behind the end of a word, as a tree that merges equal remainders and grows where it is looked
 * at. Safe from any thread.
 */
final class TokenTail {

    /** The tokens whose remainder ends with this byte here, and what may follow. */
    record Branch(int value, int[] tokens, TokenTail below) {}

    private static final TokenTail LEAF = new TokenTail(new int[0]);

    private final int[] nodes;
    private volatile List<Branch> branches;

    /** @param nodes nodes of the trie whose subtrees are meant, without the nodes themselves */
    TokenTail(int[] nodes) {
        this.nodes = nodes;
    }

    /** How many bytes of memory this takes, roughly. */
    int weight() {
        return 64 + nodes.length * 16;
    }

    private List<Branch> branches(TokenTrie trie) {
        List<Branch> known = branches;
        if (known == null) {
            known = grow(trie);
            branches = known;
        }
        return known;
    }

    private List<Branch> grow(TokenTrie trie) {
        IntBuffer[] tokens = new IntBuffer[256];
        IntBuffer[] below = new IntBuffer[256];
        for (int node : nodes) {
            for (int child = node + 1; child < trie.skip[node]; child = trie.skip[child]) {
                int b = trie.bytes[child] & 0xff;
                if (tokens[b] == null) {
                    tokens[b] = new IntBuffer();
                    below[b] = new IntBuffer();
                }
                for (int t = trie.token[child]; t >= 0; t = trie.same[t]) {
                    tokens[b].add(t);
                }
                if (!trie.isLeaf(child)) {
                    below[b].add(child);
                }
            }
        }
        List<Branch> out = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            if (tokens[b] != null) {
                int[] deeper = below[b].toArray();
                out.add(new Branch(b, tokens[b].toArray(), deeper.length == 0 ? LEAF : new TokenTail(deeper)));
            }
        }
        return out;
    }

    /** Sets the bits of the tokens whose remainder some stack takes. */
    void allow(TokenTrie trie, StackSet stacks, StackPool pool, long[] mask) {
        if (nodes.length == 0) {
            return;
        }
        for (Branch branch : branches(trie)) {
            StackSet after = stacks.after(branch.value, pool);
            if (!after.isRefused()) {
                for (int token : branch.tokens) {
                    mask[token >> 6] |= 1L << token;
                }
                branch.below.allow(trie, after, pool, mask);
            }
        }
    }

    /** A growing list of ints. */
    static final class IntBuffer {

        private int[] values = new int[4];
        private int size;

        void add(int value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, size * 2);
            }
            values[size++] = value;
        }

        int[] toArray() {
            return Arrays.copyOf(values, size);
        }
    }
}
