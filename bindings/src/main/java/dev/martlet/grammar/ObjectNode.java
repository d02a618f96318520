package dev.martlet.grammar;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** A JSON object whose members come in any order, or in a fixed one, each name at most once. */
final class ObjectNode extends Node {

    private static final int MOST_STATES = 4_000;

    private final KeyTable keys;
    /** By label (names, then classes of others), then by set of witnesses. */
    private final List<List<Node>> values;

    private final MemberOptions options;
    private final int names;
    /** The place of each name in the fixed order; empty when any order will do. */
    private final int[] order;

    private final JsonLayout layout;
    private final ConcurrentHashMap<State.Key, State> states = new ConcurrentHashMap<>();
    private final State empty;

    /**
     * @param keys the names
     * @param values what the members that can be are; the others are not looked at
     * @param order the place of each name in a fixed order, or empty; other names come behind all required ones. With
     *     witnesses the order is free
     */
    ObjectNode(KeyTable keys, List<List<Node>> values, MemberOptions options, int[] order, JsonLayout layout) {
        this.keys = keys;
        this.values = values;
        this.options = options;
        this.names = options.names();
        this.order = options.witnesses() > 0 ? new int[0] : order;
        this.layout = layout;
        this.empty = new State(new long[keys.words()], 0, -1, options.allWitnesses());
    }

    @Override
    void open(StackSet rest, Closure out) {
        Lexer brace = JsonText.OPEN_OBJECT;
        out.add(brace.frame(brace.start()), out.pool().pushed(empty.members, rest));
    }

    private State state(long[] seen, int count, int last, int pending) {
        State.Key key = new State.Key(Arrays.stream(seen).boxed().toList(), count, last, pending);
        State known = states.get(key);
        if (known == null) {
            if (states.size() > MOST_STATES) {
                states.clear(); // states in use stay good, they only cease to be shared
            }
            State made = new State(seen, count, last, pending);
            State raced = states.putIfAbsent(key, made);
            known = raced == null ? made : raced;
        }
        return known;
    }

    /** Which members are read. */
    private final class State {

        record Key(List<Long> seen, int count, int last, int pending) {}

        private final long[] seen;
        /** Members so far; without an upper bound not counted past the lower one. */
        private final int count;
        /** In a fixed order, the place of the last name; behind all places after any other name. */
        private final int last;
        /** The witnesses that are still needed, as bits. */
        private final int pending;

        private final Frame members = new Members(this);
        private final Frame name = new Name(this);
        private volatile Lexer next;

        State(long[] seen, int count, int last, int pending) {
            this.seen = seen;
            this.count = count;
            this.last = last;
            this.pending = pending;
        }

        private int room() {
            return options.max() == Rx.UNBOUNDED ? Rx.UNBOUNDED : options.max() - count;
        }

        boolean mayClose() {
            return pending == 0 && count >= options.min() && options.missing(seen) == 0;
        }

        /** Whether the next member may have this label and be a witness of these, and the object still be finished. */
        boolean may(int label, int subset) {
            boolean name = label < names;
            if ((subset & ~pending) != 0 || !options.can()[label][subset] || name && MemberOptions.has(seen, label)) {
                return false;
            }
            int left = room() == Rx.UNBOUNDED ? Rx.UNBOUNDED : room() - 1;
            return left >= 0
                    && inOrder(label)
                    && options.feasible(name ? MemberOptions.with(seen, label) : seen, pending & ~subset, left);
        }

        private boolean inOrder(int label) {
            if (order.length == 0) {
                return true;
            }
            if (label >= names) {
                return options.missing(seen) == 0;
            }
            int behind = 0;
            for (int n = 0; n < names; n++) {
                if (order[n] < order[label] && options.required()[n] && !MemberOptions.has(seen, n)) {
                    return false;
                }
                behind += options.can()[n][0] && order[n] > order[label] ? 1 : 0;
            }
            boolean enough = options.labels() > names || count + 1 + behind >= options.min();
            return order[label] > last && enough;
        }

        /** The labels that the next member may have, in the layout of {@link KeyTable#allowing}. */
        long[] allowed() {
            long[] allowed = new long[keys.words()];
            for (int label = 0; label < options.labels(); label++) {
                boolean may = false;
                for (int subset = 0; subset <= pending && !may; subset++) {
                    may = may(label, subset);
                }
                if (may && label < names) {
                    allowed[label >> 6] |= 1L << label;
                } else if (may) {
                    allowed[allowed.length - 1] |= 1L << label - names;
                }
            }
            return allowed;
        }

        State with(int label, int subset) {
            int counted = options.max() == Rx.UNBOUNDED ? Math.min(count + 1, options.min()) : count + 1;
            int left = pending & ~subset;
            if (label >= names) {
                return state(seen, counted, order.length == 0 ? -1 : Integer.MAX_VALUE, left);
            }
            return state(MemberOptions.with(seen, label), counted, order.length == 0 ? -1 : order[label], left);
        }

        /** Opens the closing brace and the next name, as far as they may come. */
        void open(StackSet rest, Closure out) {
            boolean first = this == empty;
            if (mayClose()) {
                Lexer close = first ? JsonText.CLOSE_OBJECT : layout.closeObject();
                out.add(close.frame(close.start()), rest);
            }
            Lexer lexer = next;
            if (lexer == null) {
                long[] allowed = allowed();
                boolean none = Arrays.stream(allowed).allMatch(word -> word == 0);
                lexer = none ? Dfa.NOTHING : keys.allowing(allowed, first);
                next = lexer; // a race makes two lexers with equal keys
            }
            if (lexer != Dfa.NOTHING) {
                out.add(lexer.frame(lexer.start()), out.pool().pushed(name, rest));
            }
        }
    }

    /** Behind the opening brace or a member. */
    private final class Members extends Frame {

        private final State state;

        Members(State state) {
            this.state = state;
        }

        @Override
        void resume(int label, StackSet rest, Closure out) {
            state.open(rest, out);
        }
    }

    /** In a member's name. */
    private final class Name extends Frame {

        private final State state;

        Name(State state) {
            this.state = state;
        }

        @Override
        void resume(int keyLabel, StackSet rest, Closure out) {
            int label = keyLabel >= KeyTable.FIRST_NAME ? keyLabel - KeyTable.FIRST_NAME : names + keyLabel;
            List<Node> kinds = values.get(label);
            for (int subset = 0; subset < kinds.size(); subset++) {
                if (state.may(label, subset)) {
                    kinds.get(subset).open(out.pool().pushed(state.with(label, subset).members, rest), out);
                }
            }
        }
    }
}
