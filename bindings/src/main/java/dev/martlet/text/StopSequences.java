package dev.martlet.text;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Strings that end a text. Compiled once, shared by threads; each generation reads through a {@link Matcher} of its own.
 *
 * <p>The earliest match is the one that ends first; of several that end together, the longest. This does not depend on
 * how the text is cut into pieces. An automaton after Aho and Corasick, "Efficient string matching" (1975): time is
 * linear in the text, whatever the strings.
 */
public final class StopSequences {

    private static final int ROOT = 0;
    private static final int NONE = -1;

    /** Length of the longest stop string that ends in a state; 0 for none. */
    private final int[] matchLength;

    /** Length of the prefix that a state stands for. */
    private final int[] depth;

    /** Where to go on when a state has no edge for a character: its longest proper suffix that is a prefix too. */
    private final int[] failure;

    private final char[][] edges;
    private final int[][] targets;

    private StopSequences(List<Node> nodes) {
        int count = nodes.size();
        matchLength = new int[count];
        depth = new int[count];
        failure = new int[count];
        edges = new char[count][];
        targets = new int[count][];
        for (int state = 0; state < count; state++) {
            Node node = nodes.get(state);
            depth[state] = node.depth;
            matchLength[state] = node.isEnd ? node.depth : 0;
            edges[state] = new char[node.children.size()];
            targets[state] = new int[node.children.size()];
            for (int i = 0; i < node.children.size(); i++) {
                targets[state][i] = node.children.get(i);
                edges[state][i] = nodes.get(node.children.get(i)).symbol;
            }
        }
        link();
    }

    /**
     * @param stops none of them empty; an empty list never matches
     */
    public static StopSequences of(List<String> stops) {
        List<Node> nodes = new ArrayList<>();
        nodes.add(new Node('\0', 0));
        for (String stop : stops) {
            if (stop.isEmpty()) {
                throw new IllegalArgumentException("a stop string is empty");
            }
            int at = ROOT;
            for (int i = 0; i < stop.length(); i++) {
                at = child(nodes, at, stop.charAt(i));
            }
            nodes.get(at).isEnd = true;
        }
        return new StopSequences(nodes);
    }

    private static int child(List<Node> nodes, int parent, char symbol) {
        for (int child : nodes.get(parent).children) {
            if (nodes.get(child).symbol == symbol) {
                return child;
            }
        }
        nodes.add(new Node(symbol, nodes.get(parent).depth + 1));
        nodes.get(parent).children.add(nodes.size() - 1);
        return nodes.size() - 1;
    }

    private void link() {
        ArrayDeque<Integer> queue = new ArrayDeque<>();
        queue.add(ROOT);
        while (!queue.isEmpty()) {
            int state = queue.poll();
            for (int i = 0; i < targets[state].length; i++) {
                int target = targets[state][i];
                failure[target] = state == ROOT ? ROOT : next(failure[state], edges[state][i]);
                if (matchLength[target] == 0) {
                    matchLength[target] = matchLength[failure[target]];
                }
                queue.add(target);
            }
        }
    }

    private int next(int state, char symbol) {
        int from = state;
        while (true) {
            int target = edge(from, symbol);
            if (target != NONE) {
                return target;
            }
            if (from == ROOT) {
                return ROOT;
            }
            from = failure[from];
        }
    }

    private int edge(int state, char symbol) {
        char[] symbols = edges[state];
        for (int i = 0; i < symbols.length; i++) {
            if (symbols[i] == symbol) {
                return targets[state][i];
            }
        }
        return NONE;
    }

    /** A reader of one text. */
    public Matcher matcher() {
        return new Matcher();
    }

    /** Finds the first stop string in a text that comes in pieces. For one thread. */
    public final class Matcher {

        /** Text that may be the start of a stop string; its length is the state's depth. */
        private final StringBuilder held = new StringBuilder();

        private int state = ROOT;
        private String match = "";

        private Matcher() {}

        /**
         * Takes the next piece and returns the text that is certain not to belong to a stop string. After a match that
         * is the text before it, and later pieces are ignored.
         */
        public String push(String piece) {
            if (matched()) {
                return "";
            }
            for (int i = 0; i < piece.length(); i++) {
                state = next(state, piece.charAt(i));
                if (matchLength[state] > 0) {
                    held.append(piece, 0, i + 1);
                    int start = held.length() - matchLength[state];
                    match = held.substring(start);
                    return clear(start);
                }
            }
            if (depth[state] == 0 && held.isEmpty()) {
                return piece;
            }
            held.append(piece);
            int certain = held.length() - depth[state];
            String text = held.substring(0, certain);
            held.delete(0, certain);
            return text;
        }

        /** The text that was held back, when no more comes; nothing after a match. */
        public String finish() {
            return clear(held.length());
        }

        private String clear(int certain) {
            String text = held.substring(0, certain);
            held.setLength(0);
            return text;
        }

        /** Whether a stop string was found. */
        public boolean matched() {
            return !match.isEmpty();
        }

        /** The stop string that was found. */
        public Optional<String> match() {
            return matched() ? Optional.of(match) : Optional.empty();
        }
    }

    /** A state while the trie is built. */
    private static final class Node {
        private final char symbol;
        private final int depth;
        private final List<Integer> children = new ArrayList<>();
        private boolean isEnd;

        private Node(char symbol, int depth) {
            this.symbol = symbol;
            this.depth = depth;
        }
    }
}
