package dev.martlet.grammar;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A table-driven {@link Lexer} without dead states; state 0 is the start. The empty language has no states. */
final class Dfa extends Lexer {

    /** A deterministic machine whose states are values. */
    interface Machine<S> {

        /** The state after {@code b}; null when there is none. */
        S step(S state, int b);

        /** At least 0 where a word ends, else -1. */
        int label(S state);
    }

    static final Dfa NOTHING = new Dfa(ByteClasses.separating(List.of()), new int[0], new int[0]);

    private record Key(Dfa dfa, int state) {}

    private final ByteClasses classes;
    private final int width;
    private final int[] next;
    private final int[] labels;
    /** Per state 0 for not known yet, 1 when it takes all plain text, 2 when not. */
    private final byte[] plain;

    private Dfa(ByteClasses classes, int[] next, int[] labels) {
        this.classes = classes;
        this.width = classes.count();
        this.next = next;
        this.labels = labels;
        this.plain = new byte[labels.length];
    }

    /**
     * Tabulates a machine and cuts off what leads to no label.
     *
     * @throws GrammarException TOO_COMPLEX over {@link Budget#MAX_STATES}
     */
    static <S> Dfa explore(S start, ByteClasses classes, Budget budget, Machine<S> machine) {
        if (start == null) {
            return NOTHING;
        }
        int width = classes.count();
        Map<S, Integer> number = new HashMap<>();
        List<S> states = new ArrayList<>();
        number.put(start, 0);
        states.add(start);
        int[] next = new int[16 * width];
        for (int s = 0; s < states.size(); s++) {
            budget.spend(width);
            S state = states.get(s);
            if (next.length < (s + 1) * width) {
                next = Arrays.copyOf(next, next.length * 2);
            }
            for (int c = 0; c < width; c++) {
                S after = machine.step(state, classes.representative(c));
                int to = -1;
                if (after != null) {
                    Integer known = number.putIfAbsent(after, states.size());
                    to = known == null ? states.size() : known;
                    if (known == null) {
                        states.add(after);
                    }
                }
                next[s * width + c] = to;
            }
            if (states.size() > Budget.MAX_STATES) {
                throw new GrammarException(
                        GrammarException.Reason.TOO_COMPLEX,
                        "",
                        "",
                        "an automaton has more than " + Budget.MAX_STATES + " states");
            }
        }
        int[] labels = new int[states.size()];
        for (int s = 0; s < labels.length; s++) {
            labels[s] = machine.label(states.get(s));
        }
        return trimmed(classes, next, labels);
    }

    private static Dfa trimmed(ByteClasses classes, int[] next, int[] labels) {
        int width = classes.count();
        int count = labels.length;
        boolean[] live = live(width, next, labels);
        if (!live[0]) {
            return NOTHING;
        }
        int[] name = new int[count];
        int kept = 0;
        for (int s = 0; s < count; s++) {
            name[s] = live[s] ? kept++ : -1;
        }
        int[] newNext = new int[kept * width];
        int[] newLabels = new int[kept];
        for (int s = 0; s < count; s++) {
            if (live[s]) {
                newLabels[name[s]] = labels[s];
                for (int c = 0; c < width; c++) {
                    int to = next[s * width + c];
                    newNext[name[s] * width + c] = to < 0 ? -1 : name[to];
                }
            }
        }
        return new Dfa(classes, newNext, newLabels);
    }

    /** The states from which a label can be reached: a walk backwards from the labels. */
    private static boolean[] live(int width, int[] next, int[] labels) {
        int count = labels.length;
        int[] firstEdge = new int[count + 1];
        for (int i = 0; i < count * width; i++) {
            if (next[i] >= 0) {
                firstEdge[next[i] + 1]++;
            }
        }
        for (int s = 0; s < count; s++) {
            firstEdge[s + 1] += firstEdge[s];
        }
        int[] from = new int[firstEdge[count]];
        int[] fill = Arrays.copyOf(firstEdge, count);
        for (int i = 0; i < count * width; i++) {
            if (next[i] >= 0) {
                from[fill[next[i]]++] = i / width;
            }
        }
        boolean[] live = new boolean[count];
        int[] queue = new int[count];
        int tail = 0;
        for (int s = 0; s < count; s++) {
            if (labels[s] >= 0) {
                live[s] = true;
                queue[tail++] = s;
            }
        }
        for (int head = 0; head < tail; head++) {
            for (int e = firstEdge[queue[head]]; e < firstEdge[queue[head] + 1]; e++) {
                if (!live[from[e]]) {
                    live[from[e]] = true;
                    queue[tail++] = from[e];
                }
            }
        }
        return live;
    }

    boolean isEmpty() {
        return labels.length == 0;
    }

    int states() {
        return labels.length;
    }

    ByteClasses classes() {
        return classes;
    }

    @Override
    int start() {
        return labels.length == 0 ? -1 : 0;
    }

    @Override
    int step(int state, int b) {
        return next[state * width + classes.of(b)];
    }

    @Override
    int label(int state) {
        return labels[state];
    }

    @Override
    boolean stuck(int state) {
        for (int c = 0; c < width; c++) {
            if (next[state * width + c] >= 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    Object key(int state) {
        return new Key(this, state);
    }

    @Override
    int plainRoom(int state) {
        byte known = plain[state];
        if (known == 0) {
            known = (byte) (takesAllPlainText(state) ? 1 : 2);
            plain[state] = known; // a race writes the same value twice
        }
        return known == 1 ? UNLIMITED : 0;
    }

    /** Walks this automaton beside the one of plain text. */
    private boolean takesAllPlainText(int state) {
        Set<Pair> seen = new HashSet<>();
        ArrayDeque<Pair> queue = new ArrayDeque<>();
        queue.add(new Pair(state, 0));
        while (!queue.isEmpty()) {
            Pair pair = queue.poll();
            if (labels[pair.a] >= 0 || seen.size() > 200) {
                return false;
            }
            for (int b = 0x20; b < 256; b++) {
                int text = JsonText.PLAIN.step(pair.b, b);
                if (text >= 0) {
                    int to = step(pair.a, b);
                    if (to < 0) {
                        return false;
                    }
                    Pair next = new Pair(to, text);
                    if (seen.add(next)) {
                        queue.add(next);
                    }
                }
            }
        }
        return true;
    }

    /** This automaton with every label replaced. */
    Dfa labelled(int label) {
        int[] all = labels.clone();
        for (int s = 0; s < all.length; s++) {
            all[s] = all[s] < 0 ? -1 : label;
        }
        return new Dfa(classes, next, all);
    }

    boolean accepts(byte[] word) {
        int state = start();
        for (int i = 0; i < word.length && state >= 0; i++) {
            state = step(state, word[i] & 0xff);
        }
        return state >= 0 && labels[state] >= 0;
    }

    /** How two languages are combined. */
    enum Operation {
        AND,
        OR,
        MINUS
    }

    private record Pair(int a, int b) {}

    /** The combined language; where a word is in both, its label is that of {@code a}. */
    static Dfa combine(Dfa a, Dfa b, Operation operation, Budget budget) {
        if (a.isEmpty() || b.isEmpty()) {
            return switch (operation) {
                case AND -> NOTHING;
                case OR -> a.isEmpty() ? b : a;
                case MINUS -> a;
            };
        }
        if (a == b) {
            return operation == Operation.MINUS ? NOTHING : a;
        }
        return explore(new Pair(0, 0), ByteClasses.both(a.classes, b.classes), budget, new Machine<Pair>() {
            @Override
            public Pair step(Pair s, int c) {
                int p = s.a < 0 ? -1 : a.step(s.a, c);
                int q = s.b < 0 ? -1 : b.step(s.b, c);
                boolean dead = switch (operation) {
                    case AND -> p < 0 || q < 0;
                    case OR -> p < 0 && q < 0;
                    case MINUS -> p < 0;
                };
                return dead ? null : new Pair(p, q);
            }

            @Override
            public int label(Pair s) {
                int p = s.a < 0 ? -1 : a.label(s.a);
                int q = s.b < 0 ? -1 : b.label(s.b);
                return switch (operation) {
                    case AND -> q < 0 ? -1 : p;
                    case OR -> p < 0 ? q : p;
                    case MINUS -> q < 0 ? p : -1;
                };
            }
        });
    }

    /** Code points of the longest word of a language of UTF-8 text; {@link Rx#UNBOUNDED} when there is none. */
    int longest() {
        int[] incoming = new int[labels.length];
        for (int to : next) {
            if (to >= 0) {
                incoming[to]++;
            }
        }
        int[] length = new int[labels.length];
        int longest = 0;
        int done = 0;
        ArrayDeque<Integer> ready = new ArrayDeque<>();
        if (labels.length > 0 && incoming[0] == 0) {
            ready.add(0);
        }
        for (; !ready.isEmpty(); done++) {
            int state = ready.remove();
            longest = Math.max(longest, length[state]);
            for (int c = 0; c < width; c++) {
                int to = next[state * width + c];
                if (to >= 0) {
                    int begun = (classes.representative(c) & 0xc0) == 0x80 ? 0 : 1;
                    length[to] = Math.max(length[to], length[state] + begun);
                    if (--incoming[to] == 0) {
                        ready.add(to);
                    }
                }
            }
        }
        return done == labels.length ? longest : Rx.UNBOUNDED; // states in a cycle are never ready
    }

    /** A shortest word of a language that has one. */
    byte[] someWord() {
        int[] from = new int[labels.length];
        int[] via = new int[labels.length];
        Arrays.fill(from, -1);
        ArrayDeque<Integer> queue = new ArrayDeque<>(List.of(0));
        while (true) {
            int state = queue.remove();
            if (labels[state] >= 0) {
                ByteArrayOutputStream reversed = new ByteArrayOutputStream();
                for (int s = state; s != 0; s = from[s]) {
                    reversed.write(via[s]);
                }
                byte[] word = reversed.toByteArray();
                for (int i = 0; i < word.length / 2; i++) {
                    byte b = word[i];
                    word[i] = word[word.length - 1 - i];
                    word[word.length - 1 - i] = b;
                }
                return word;
            }
            for (int b = 0; b < 256; b++) {
                int to = step(state, b);
                if (to > 0 && from[to] < 0) {
                    from[to] = state;
                    via[to] = b;
                    queue.add(to);
                }
            }
        }
    }
}
