package dev.martlet.chat.toolcall;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The markers that are legal in one state, as a trie. Immutable after construction.
 *
 * <p>Where the vocabulary holds a marker, or a piece of it, as one control token, only that token matches there; text
 * that merely spells it stays text.
 */
final class MarkerSet {
    private static final int NONE = -1;

    private static final class Node {
        final Map<Integer, Node> next = new HashMap<>();
        int marker = NONE;
    }

    /** The sets made last for their spellings. A trie costs more to make than a short answer to parse. */
    private static final Map<List<String>, MarkerSet> OF_VOCABULARY = new ConcurrentHashMap<>();

    private static final Map<List<String>, MarkerSet> PLAIN = new ConcurrentHashMap<>();

    private final Node root = new Node();
    private final Set<String> controlTokens;
    private final List<String> spellings;
    private final List<int[]> codes = new ArrayList<>();
    private final boolean[] asciiStarts = new boolean[128];
    private boolean otherStarts;

    /**
     * The set of these markers; made once for a list of spellings as long as the vocabulary is the same.
     *
     * @param spellings from the formats' constants, never from a request: they are kept for good
     * @param controlTokens spellings that are one control token in the model's vocabulary
     */
    static MarkerSet of(List<String> spellings, Set<String> controlTokens) {
        Map<List<String>, MarkerSet> sets = controlTokens.isEmpty() ? PLAIN : OF_VOCABULARY;
        MarkerSet made = sets.get(spellings);
        if (made == null || made.controlTokens != controlTokens) {
            made = new MarkerSet(spellings, controlTokens);
            sets.put(made.spellings, made);
        }
        return made;
    }

    private MarkerSet(List<String> spellings, Set<String> controlTokens) {
        this.controlTokens = controlTokens;
        this.spellings = List.copyOf(spellings);
        List<String> longestFirst = new ArrayList<>(controlTokens);
        longestFirst.removeIf(String::isEmpty);
        longestFirst.sort(Comparator.comparingInt(String::length).reversed());
        for (int marker = 0; marker < spellings.size(); marker++) {
            Node node = root;
            codes.add(codes(spellings.get(marker), longestFirst));
            for (int code : codes.get(marker)) {
                node = node.next.computeIfAbsent(code, key -> new Node());
            }
            if (node.marker == NONE) {
                node.marker = marker;
            }
        }
        for (int code : root.next.keySet()) {
            char c = (char) code;
            if (c < 128) {
                asciiStarts[c] = true;
            } else {
                otherStarts = true;
            }
        }
    }

    private static int[] codes(String spelling, List<String> controlTokens) {
        int[] codes = spelling.chars().toArray();
        for (String token : controlTokens) {
            for (int at = spelling.indexOf(token); at >= 0; at = spelling.indexOf(token, at + token.length())) {
                for (int i = at; i < at + token.length(); i++) {
                    codes[i] |= Tape.CONTROL;
                }
            }
        }
        return codes;
    }

    String spelling(int marker) {
        return spellings.get(marker);
    }

    /** The codes a marker is read as. */
    int[] codes(int marker) {
        return codes.get(marker).clone();
    }

    /** Whether a marker may begin with this character. */
    boolean starts(char c) {
        return c < 128 ? asciiStarts[c] : otherStarts;
    }

    /** Whether any marker contains this text. */
    boolean mentions(String text) {
        return spellings.stream().anyMatch(spelling -> spelling.contains(text));
    }

    /** A place in the trie with what was read to get there. */
    static final class Scanner {
        static final int HOLD = -1;
        static final int MISS = -2;

        private final MarkerSet set;
        private final Tape held = new Tape();
        private Node node;
        private int bestMarker = NONE;
        private int bestLength;

        Scanner(MarkerSet set) {
            this.set = set;
            node = set.root;
        }

        MarkerSet set() {
            return set;
        }

        boolean active() {
            return !held.isEmpty();
        }

        /** What was read since the last result, in order. */
        Tape held() {
            return held;
        }

        /**
         * Reads one code.
         *
         * @return the marker that has been read (the codes after it, see {@link #take}, are to be read again),
         *     {@link #HOLD} while one may still come, or {@link #MISS} when what is held begins no marker
         */
        int accept(int code) {
            held.push(code);
            Node next = node.next.get(code);
            if (next == null) {
                return bestMarker == NONE ? MISS : bestMarker;
            }
            node = next;
            if (next.marker != NONE) {
                bestMarker = next.marker;
                bestLength = held.size();
                if (next.next.isEmpty()) {
                    return bestMarker;
                }
            }
            return HOLD;
        }

        /** The marker that stands when no more text comes, or {@link #MISS}. */
        int atEnd() {
            return bestMarker == NONE ? MISS : bestMarker;
        }

        /** Resets; returns the codes held beyond the first {@code length}, or beyond the marker found if that is 0. */
        int[] take(int length) {
            int[] rest = held.from(length == 0 ? bestLength : length);
            reset();
            return rest;
        }

        void reset() {
            held.clear();
            node = set.root;
            bestMarker = NONE;
            bestLength = 0;
        }
    }
}
