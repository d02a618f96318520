package dev.martlet.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Names as a tree of bytes. Each node knows the names below it as a range of their sorted order. */
final class NameTrie {

    private final List<byte[]> sorted = new ArrayList<>();
    private int[] firstChild = new int[16];
    private int[] nextSibling = new int[16];
    private byte[] label = new byte[16];
    private int[] low = new int[16];
    private int[] high = new int[16];
    private boolean[] terminal = new boolean[16];
    private int size;

    /** @param names distinct, in the order of their UTF-8 bytes (unsigned) */
    NameTrie(List<String> names) {
        for (String name : names) {
            sorted.add(name.getBytes(StandardCharsets.UTF_8));
        }
        node(0, 0, sorted.size(), 0);
    }

    static int compare(String a, String b) {
        return Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds the node of the names {@code from} to {@code to}, which agree on their first {@code depth} bytes. */
    private int node(int incoming, int from, int to, int depth) {
        int node = size++;
        if (node == label.length) {
            grow();
        }
        label[node] = (byte) incoming;
        low[node] = from;
        high[node] = to;
        firstChild[node] = -1;
        nextSibling[node] = -1;
        int at = from;
        if (at < to && sorted.get(at).length == depth) {
            terminal[node] = true;
            at++;
        }
        int last = -1;
        while (at < to) {
            byte b = sorted.get(at)[depth];
            int end = at + 1;
            while (end < to && sorted.get(end)[depth] == b) {
                end++;
            }
            int child = node(b & 0xff, at, end, depth + 1);
            if (last < 0) {
                firstChild[node] = child;
            } else {
                nextSibling[last] = child;
            }
            last = child;
            at = end;
        }
        return node;
    }

    private void grow() {
        int n = size * 2;
        firstChild = Arrays.copyOf(firstChild, n);
        nextSibling = Arrays.copyOf(nextSibling, n);
        label = Arrays.copyOf(label, n);
        low = Arrays.copyOf(low, n);
        high = Arrays.copyOf(high, n);
        terminal = Arrays.copyOf(terminal, n);
    }

    int size() {
        return size;
    }

    /** The child over {@code b}, or -1. Node 0 is the root; children have higher numbers than their parent. */
    int child(int node, int b) {
        for (int c = firstChild[node]; c >= 0; c = nextSibling[c]) {
            if ((label[c] & 0xff) == b) {
                return c;
            }
        }
        return -1;
    }

    int firstChild(int node) {
        return firstChild[node];
    }

    int nextSibling(int node) {
        return nextSibling[node];
    }

    int incoming(int node) {
        return label[node] & 0xff;
    }

    /** The first of the names at or below the node. */
    int low(int node) {
        return low[node];
    }

    /** One past the last of the names at or below the node. */
    int high(int node) {
        return high[node];
    }

    /** The name that ends at this node, or -1. It is the first of those below. */
    int name(int node) {
        return terminal[node] ? low[node] : -1;
    }
}
