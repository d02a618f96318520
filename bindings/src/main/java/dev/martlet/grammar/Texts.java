package dev.martlet.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A set of strings: those of an automaton over UTF-8, or all whose length in code points is within bounds.
 *
 * @param dfa {@link JsonText#ANY_TEXT} when there are bounds
 * @param max {@link Rx#UNBOUNDED} for no bound
 */
record Texts(Dfa dfa, int min, int max) {

    static final Texts ALL = new Texts(JsonText.ANY_TEXT, 0, Rx.UNBOUNDED);
    static final Texts NONE = new Texts(Dfa.NOTHING, 0, Rx.UNBOUNDED);

    private static final Lexer ANY_STRING = JsonText.STRING;

    static Texts of(Dfa dfa) {
        return dfa.isEmpty() ? NONE : new Texts(dfa, 0, Rx.UNBOUNDED);
    }

    /** Exactly these strings. */
    static Texts of(Collection<String> strings, Budget budget) {
        List<String> sorted = new ArrayList<>(strings.stream().distinct().toList());
        sorted.forEach(Texts::checkScalar);
        sorted.sort(NameTrie::compare);
        NameTrie trie = new NameTrie(sorted);
        List<ByteSet> bytes = new ArrayList<>();
        boolean[] used = new boolean[256];
        for (String s : sorted) {
            for (byte b : s.getBytes(StandardCharsets.UTF_8)) {
                if (!used[b & 0xff]) {
                    used[b & 0xff] = true;
                    bytes.add(ByteSet.of(b & 0xff));
                }
            }
        }
        return of(Dfa.explore(0, ByteClasses.separating(bytes), budget, new Dfa.Machine<Integer>() {
            @Override
            public Integer step(Integer node, int b) {
                int child = trie.child(node, b);
                return child < 0 ? null : child;
            }

            @Override
            public int label(Integer node) {
                return trie.name(node) < 0 ? -1 : 0;
            }
        }));
    }

    /** Refuses a string that has no UTF-8: one with half a surrogate pair. */
    static void checkScalar(String s) {
        for (int i = 0; i < s.length(); i += Character.charCount(s.codePointAt(i))) {
            int c = s.codePointAt(i);
            if (c >= 0xd800 && c <= 0xdfff) {
                throw new GrammarException(
                        GrammarException.Reason.UNSUPPORTED, "", "", "a string with half a surrogate pair");
            }
        }
    }

    boolean isEmpty() {
        return dfa.isEmpty() || min > max;
    }

    Texts and(Texts o, Budget budget) {
        int low = Math.max(min, o.min);
        int high = Math.min(max, o.max);
        if (low > high) {
            return NONE;
        }
        if (dfa == JsonText.ANY_TEXT || o.dfa == JsonText.ANY_TEXT) {
            return new Texts(dfa == JsonText.ANY_TEXT ? o.dfa : dfa, low, high).settled(budget);
        }
        return of(Dfa.combine(dfa, o.dfa, Dfa.Operation.AND, budget));
    }

    Texts or(Texts o, Budget budget) {
        if (isEmpty() || o.isEmpty()) {
            return isEmpty() ? o : this;
        }
        if (equals(ALL) || o.equals(ALL)) {
            return ALL;
        }
        return equals(o) ? this : of(Dfa.combine(exact(budget), o.exact(budget), Dfa.Operation.OR, budget));
    }

    Texts not(Budget budget) {
        if (isEmpty()) {
            return ALL;
        }
        return equals(ALL) ? NONE : of(Dfa.combine(JsonText.ANY_TEXT, exact(budget), Dfa.Operation.MINUS, budget));
    }

    private record Counted(int state, int count) {}

    /** The automaton of the set, bounds and all. */
    Dfa exact(Budget budget) {
        if (min == 0 && (max == Rx.UNBOUNDED || max >= dfa.longest()) || dfa.isEmpty()) {
            return dfa;
        }
        ByteClasses classes =
                ByteClasses.both(dfa.classes(), ByteClasses.separating(List.of(ByteSet.range(0x80, 0xbf))));
        return Dfa.explore(new Counted(0, 0), classes, budget, new Dfa.Machine<Counted>() {
            @Override
            public Counted step(Counted s, int b) {
                int to = dfa.step(s.state, b);
                int count = s.count + ((b & 0xc0) == 0x80 ? 0 : 1);
                if (to < 0 || count > max) {
                    return null;
                }
                return new Counted(to, max == Rx.UNBOUNDED ? Math.min(count, min) : count);
            }

            @Override
            public int label(Counted s) {
                return s.count < min ? -1 : dfa.label(s.state);
            }
        });
    }

    /** This set with its bounds made part of its automaton, unless that is of all text. */
    private Texts settled(Budget budget) {
        return dfa == JsonText.ANY_TEXT || min == 0 && max == Rx.UNBOUNDED ? this : of(exact(budget));
    }

    /** The JSON strings of the set. */
    Lexer quoted(Budget budget) {
        if (dfa != JsonText.ANY_TEXT) {
            return JsonText.quoted(exact(budget), budget);
        }
        return min == 0 && max == Rx.UNBOUNDED ? ANY_STRING : new CountedText(min, max);
    }
}
