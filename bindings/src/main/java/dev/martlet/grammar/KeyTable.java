package dev.martlet.grammar;

import java.util.Arrays;
import java.util.List;

/**
 * The member names of one kind of object, as a {@link Lexer} without yet knowing which of them are still to be had: all
 * from the comma or brace before a name to the colon behind it. Labels are first the classes of other names, so that all
 * tables with the same classes agree on them, and from {@link #FIRST_NAME} on the names in their sorted order.
 */
final class KeyTable {

    /** Most blanks behind a newline; a model that likes indentation cannot spin in it. */
    static final int MAX_INDENT = 32;

    static final int FIRST_NAME = 64;

    private static final int FIRST = 0;
    private static final int NEXT = 1;
    private static final int GAP = 2;
    private static final int SPACE = 3;
    private static final int NEWLINE = 4;
    private static final int BODY = NEWLINE + MAX_INDENT + 1;

    private final NameTrie trie;
    private final int names;
    private final Dfa others;
    private final boolean spaced;
    private final boolean[] forbidden;
    private final boolean[] hasEscapes;
    /** The state of {@link #others} at each node, and behind a backslash there; -1 when it has none. */
    private final int[] otherAt;

    private final int[] otherEscape;
    /** Per state of {@link #others} a bit for each class that can be reached. */
    private final long[] reach;

    private final int escapes;
    private final int colon;
    private final int done;
    private final int afterSpace;
    private final int other;

    /**
     * @param names in the order of their bytes
     * @param forbidden which of them no object may have
     * @param others {@link JsonText#restOfKey} of the other names, labelled with their classes from 0 on (at most 63);
     *     it may take some of the names, which then do not count
     * @param spaced whether a blank or a newline with indentation may stand before a name, and a blank behind the colon
     */
    KeyTable(List<String> names, boolean[] forbidden, Dfa others, boolean spaced) {
        this.trie = new NameTrie(names);
        this.names = names.size();
        this.forbidden = forbidden;
        this.others = others;
        this.spaced = spaced;
        int nodes = trie.size();
        this.hasEscapes = new boolean[nodes];
        this.otherAt = new int[nodes];
        this.otherEscape = new int[nodes];
        this.escapes = BODY + nodes;
        this.colon = escapes + nodes;
        this.done = colon + this.names;
        this.afterSpace = done + this.names;
        this.other = afterSpace + this.names;
        this.reach = reach(others);
        follow(0, others.start());
    }

    private void follow(int root, int state) {
        otherAt[root] = state;
        for (int node = 0; node < trie.size(); node++) {
            int here = otherAt[node];
            otherEscape[node] = here < 0 ? -1 : others.step(here, '\\');
            for (int child = trie.firstChild(node); child >= 0; child = trie.nextSibling(child)) {
                int b = trie.incoming(child);
                int letter = escapeOf(b);
                hasEscapes[node] |= letter >= 0;
                if (letter < 0 || b == '/') {
                    otherAt[child] = here < 0 ? -1 : others.step(here, b);
                } else {
                    otherAt[child] = otherEscape[node] < 0 ? -1 : others.step(otherEscape[node], letter);
                }
            }
        }
    }

    private static int escapeOf(int b) {
        for (char letter : "\"\\/bfnrt".toCharArray()) {
            if (JsonText.unescaped(letter) == b) {
                return letter;
            }
        }
        return -1;
    }

    private static long[] reach(Dfa dfa) {
        long[] reach = new long[dfa.states()];
        for (int s = 0; s < reach.length; s++) {
            reach[s] = dfa.label(s) < 0 ? 0 : 1L << dfa.label(s);
        }
        ByteClasses classes = dfa.classes();
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int s = reach.length - 1; s >= 0; s--) {
                long now = reach[s];
                for (int c = 0; c < classes.count(); c++) {
                    int to = dfa.step(s, classes.representative(c));
                    now |= to < 0 ? 0 : reach[to];
                }
                changed |= now != reach[s];
                reach[s] = now;
            }
        }
        return reach;
    }

    /** The lexer of names out of {@code allowed}: one bit a name, the classes in a last word of their own. */
    Lexer allowing(long[] allowed, boolean first) {
        return new Filtered(this, allowed, first);
    }

    /** Words of a set of labels: the names, then one word for the classes. */
    int words() {
        return (names + 63) / 64 + 1;
    }

    int names() {
        return names;
    }

    private int step(int state, int b) {
        if (state >= other) {
            int to = others.step(state - other, b);
            return to < 0 ? -1 : other + to;
        }
        if (state >= BODY) {
            return state < colon ? inName(state, b) : behindName(state, b);
        }
        if (state == NEXT) {
            return b == ',' ? GAP : -1;
        }
        if (b == '"') {
            return BODY;
        }
        if (!spaced) {
            return -1;
        }
        if (state == FIRST || state == GAP) {
            return b == ' ' ? SPACE : b == '\n' ? NEWLINE : -1;
        }
        return state >= NEWLINE && state < NEWLINE + MAX_INDENT && (b == ' ' || b == '\t') ? state + 1 : -1;
    }

    private int inName(int state, int b) {
        if (state >= escapes) {
            int node = state - escapes;
            int meant = JsonText.unescaped(b);
            int child = meant < 0 ? -1 : trie.child(node, meant);
            return child >= 0 ? BODY + child : elsewhere(otherEscape[node], b);
        }
        int node = state - BODY;
        if (b == '"') {
            int name = trie.name(node);
            if (name >= 0) {
                return forbidden[name] ? -1 : colon + name;
            }
            return elsewhere(otherAt[node], b);
        }
        if (b == '\\') {
            return hasEscapes[node] ? escapes + node : elsewhere(otherAt[node], b);
        }
        int child = b < 0x20 ? -1 : trie.child(node, b);
        return child >= 0 ? BODY + child : elsewhere(otherAt[node], b);
    }

    private int elsewhere(int state, int b) {
        int to = state < 0 ? -1 : others.step(state, b);
        return to < 0 ? -1 : other + to;
    }

    private int behindName(int state, int b) {
        if (state < done) {
            return b == ':' ? done + state - colon : -1;
        }
        return state < afterSpace && spaced && b == ' ' ? afterSpace + state - done : -1;
    }

    private int label(int state) {
        if (state < done) {
            return -1;
        }
        if (state < other) {
            return FIRST_NAME + (state - done) % names;
        }
        return others.label(state - other);
    }

    private record Key(KeyTable table, int state, List<Long> allowed) {}

    private record OtherKey(Object state, long allowed) {}

    private static final class Filtered extends Lexer {

        private final KeyTable table;
        private final long[] allowed;
        private final long classes;
        private final boolean first;

        Filtered(KeyTable table, long[] allowed, boolean first) {
            this.table = table;
            this.allowed = allowed;
            this.classes = allowed[allowed.length - 1];
            this.first = first;
        }

        @Override
        int start() {
            return first ? FIRST : NEXT;
        }

        @Override
        int step(int state, int b) {
            int to = table.step(state, b);
            return to >= 0 && live(to) ? to : -1;
        }

        private boolean live(int state) {
            if (state >= table.other) {
                return (table.reach[state - table.other] & classes) != 0;
            }
            if (state >= table.colon) {
                return has((state - table.colon) % table.names);
            }
            if (state < BODY) {
                return true;
            }
            boolean escaped = state >= table.escapes;
            int node = escaped ? state - table.escapes : state - BODY;
            int beside = escaped ? table.otherEscape[node] : table.otherAt[node];
            return beside >= 0 && (table.reach[beside] & classes) != 0
                    || (escaped ? anyEscaped(node) : any(table.trie.low(node), table.trie.high(node)));
        }

        private boolean anyEscaped(int node) {
            for (int c = table.trie.firstChild(node); c >= 0; c = table.trie.nextSibling(c)) {
                if (escapeOf(table.trie.incoming(c)) >= 0 && any(table.trie.low(c), table.trie.high(c))) {
                    return true;
                }
            }
            return false;
        }

        private boolean has(int name) {
            return (allowed[name >> 6] >>> name & 1) != 0;
        }

        private boolean any(int low, int high) {
            for (int name = low; name < high; name++) {
                if (has(name)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        int label(int state) {
            return table.label(state);
        }

        @Override
        boolean stuck(int state) {
            if (state >= table.other) {
                return table.others.stuck(state - table.other);
            }
            return state >= table.afterSpace || state >= table.done && !table.spaced;
        }

        @Override
        Object key(int state) {
            if (state >= table.other) {
                return new OtherKey(table.others.key(state - table.other), classes & table.reach[state - table.other]);
            }
            if (state >= table.colon) {
                return new Key(table, state, List.of());
            }
            Long[] words = new Long[allowed.length];
            if (state < BODY) {
                Arrays.setAll(words, i -> allowed[i]);
            } else {
                int node = state >= table.escapes ? state - table.escapes : state - BODY;
                int low = table.trie.low(node);
                int high = table.trie.high(node);
                Arrays.fill(words, 0L);
                for (int name = low; name < high; name++) {
                    words[name >> 6] |= has(name) ? 1L << name : 0;
                }
                words[words.length - 1] = classes;
            }
            return new Key(table, state, List.of(words));
        }

        @Override
        int plainRoom(int state) {
            int beside;
            if (state >= table.other) {
                beside = state - table.other;
            } else if (state >= BODY && state < table.escapes) {
                beside = table.otherAt[state - BODY];
            } else {
                return 0;
            }
            // With one class of other names, it alone keeps every text alive.
            return beside >= 0 && classes == 1 && table.reach[0] == 1 ? table.others.plainRoom(beside) : 0;
        }
    }
}
