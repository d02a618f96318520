package dev.martlet.grammar;

import dev.martlet.model.Vocabulary;
import java.util.Arrays;

/**
 * The bytes of some tokens as a tree in flat arrays, in depth-first order: the first child of a node is the next node,
 * and {@code skip} is the node behind its subtree. The root is not a node: node 0 is the first byte of the first token.
 */
final class TokenTrie {

    final byte[] bytes;
    /** Length of the path to the node, from 1 on. */
    final short[] depth;

    final int[] skip;
    /** A token that ends at the node, or -1. */
    final int[] token;
    /** By token: another token with the same bytes, or -1. */
    final int[] same;
    /** Length of the longest token. */
    final int maxDepth;

    /** @param tokens ids of tokens of at least one byte */
    TokenTrie(Vocabulary vocabulary, int[] tokens) {
        byte[][] spelled = new byte[tokens.length][];
        Integer[] order = new Integer[tokens.length];
        long total = 0;
        for (int i = 0; i < tokens.length; i++) {
            spelled[i] = vocabulary.bytes(tokens[i]);
            order[i] = i;
            total += spelled[i].length;
        }
        Arrays.sort(order, (a, b) -> Arrays.compareUnsigned(spelled[a], spelled[b]));
        int room = Math.toIntExact(total);
        byte[] nodeBytes = new byte[room];
        short[] nodeDepth = new short[room];
        int[] nodeToken = new int[room];
        this.same = new int[vocabulary.size()];
        Arrays.fill(same, -1);
        byte[] last = {};
        int size = 0;
        int longest = 0;
        for (int i : order) {
            byte[] now = spelled[i];
            int shared = Arrays.mismatch(last, now);
            if (shared < 0) {
                same[tokens[i]] = nodeToken[size - 1];
                nodeToken[size - 1] = tokens[i];
                continue;
            }
            for (int d = shared; d < now.length; d++) {
                nodeBytes[size] = now[d];
                nodeDepth[size] = (short) (d + 1);
                nodeToken[size++] = -1;
            }
            nodeToken[size - 1] = tokens[i];
            longest = Math.max(longest, now.length);
            last = now;
        }
        this.bytes = Arrays.copyOf(nodeBytes, size);
        this.depth = Arrays.copyOf(nodeDepth, size);
        this.token = Arrays.copyOf(nodeToken, size);
        this.maxDepth = longest;
        this.skip = new int[size];
        int[] open = new int[longest + 2];
        int deepest = 0;
        for (int n = 0; n < size; n++) {
            for (int d = depth[n]; d <= deepest; d++) {
                skip[open[d]] = n;
            }
            deepest = depth[n];
            open[deepest] = n;
        }
        for (int d = 1; d <= deepest; d++) {
            skip[open[d]] = size;
        }
    }

    int size() {
        return bytes.length;
    }

    boolean isLeaf(int node) {
        return skip[node] == node + 1;
    }
}
