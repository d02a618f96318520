package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes regular expressions, simplifies them and turns them into automata by Brzozowski's derivatives.
 *
 * <p>Not safe for threads; one pool serves one compilation.
 */
final class RxPool {

    private static final Rx[] NO_PARTS = {};

    private final Map<Rx.Key, Rx> made = new HashMap<>();
    private final Map<Long, Rx> derivatives = new HashMap<>();
    private final Budget budget;

    final Rx never;
    final Rx empty;
    /** Any bytes. */
    final Rx any;

    RxPool(Budget budget) {
        this.budget = budget;
        this.never = make(Rx.Kind.NEVER, ByteSet.NONE, NO_PARTS, 0, 0);
        this.empty = make(Rx.Kind.EMPTY, ByteSet.NONE, NO_PARTS, 0, 0);
        this.any = repeat(set(ByteSet.ALL), 0, Rx.UNBOUNDED);
    }

    Budget budget() {
        return budget;
    }

    private Rx make(Rx.Kind kind, ByteSet set, Rx[] parts, int min, int max) {
        List<Integer> ids = new ArrayList<>(parts.length);
        for (Rx part : parts) {
            ids.add(part.id);
        }
        Rx.Key key = new Rx.Key(kind, set, ids, min, max);
        Rx known = made.get(key);
        if (known == null) {
            budget.spend(2 + 2L * parts.length);
            known = new Rx(kind, set, parts, min, max, made.size());
            made.put(key, known);
        }
        return known;
    }

    Rx set(ByteSet set) {
        return set.isEmpty() ? never : make(Rx.Kind.SET, set, NO_PARTS, 0, 0);
    }

    Rx literal(byte[] bytes) {
        Rx out = empty;
        for (int i = bytes.length - 1; i >= 0; i--) {
            out = concat(set(ByteSet.of(bytes[i] & 0xff)), out);
        }
        return out;
    }

    Rx concat(Rx a, Rx b) {
        if (a == never || b == never) {
            return never;
        }
        if (a == empty) {
            return b;
        }
        if (b == empty) {
            return a;
        }
        if (a.kind == Rx.Kind.CONCAT) {
            List<Rx> spine = new ArrayList<>(); // a loop, since texts of many thousand bytes come here
            Rx last = a;
            for (; last.kind == Rx.Kind.CONCAT; last = last.parts[1]) {
                spine.add(last.parts[0]);
            }
            Rx out = concat(last, b);
            for (int i = spine.size() - 1; i >= 0; i--) {
                out = concat(spine.get(i), out);
            }
            return out;
        }
        return make(Rx.Kind.CONCAT, ByteSet.NONE, new Rx[] {a, b}, 0, 0);
    }

    Rx alt(List<Rx> options) {
        TreeMap<Integer, Rx> parts = new TreeMap<>();
        ByteSet set = gather(options, Rx.Kind.ALT, parts, ByteSet.NONE);
        if (!set.isEmpty()) {
            Rx merged = set(set);
            parts.put(merged.id, merged);
        }
        parts.remove(never.id);
        if (parts.containsKey(any.id)) {
            return any;
        }
        absorb(parts, Rx.Kind.AND);
        if (parts.size() <= 1) {
            return parts.isEmpty() ? never : parts.firstEntry().getValue();
        }
        return make(Rx.Kind.ALT, ByteSet.NONE, parts.values().toArray(NO_PARTS), 0, 0);
    }

    Rx alt(Rx a, Rx b) {
        return a == b ? a : alt(List.of(a, b));
    }

    /**
     * Drops parts of the other kind that have one of the parts among theirs: a and (a or b) is a, a or (a and b) is a.
     * Without it a search that has found its match would go on to tell matches apart.
     */
    private static void absorb(TreeMap<Integer, Rx> parts, Rx.Kind other) {
        if (parts.size() > 1) {
            parts.values()
                    .removeIf(p -> p.kind == other
                            && Arrays.stream(p.parts)
                                    .anyMatch(inner -> inner.kind != other && parts.containsKey(inner.id)));
        }
    }

    private static ByteSet gather(List<Rx> options, Rx.Kind kind, Map<Integer, Rx> parts, ByteSet sets) {
        ByteSet set = sets;
        for (Rx option : options) {
            if (option.kind == kind) {
                set = gather(Arrays.asList(option.parts), kind, parts, set);
            } else if (option.kind == Rx.Kind.SET && kind == Rx.Kind.ALT) {
                set = set.or(option.set);
            } else {
                parts.put(option.id, option);
            }
        }
        return set;
    }

    Rx and(List<Rx> all) {
        TreeMap<Integer, Rx> parts = new TreeMap<>();
        gather(all, Rx.Kind.AND, parts, ByteSet.NONE);
        parts.remove(any.id);
        if (parts.containsKey(never.id)) {
            return never;
        }
        absorb(parts, Rx.Kind.ALT);
        if (parts.size() <= 1) {
            return parts.isEmpty() ? any : parts.firstEntry().getValue();
        }
        return make(Rx.Kind.AND, ByteSet.NONE, parts.values().toArray(NO_PARTS), 0, 0);
    }

    Rx not(Rx rx) {
        if (rx.kind == Rx.Kind.NOT) {
            return rx.parts[0];
        }
        if (rx == never) {
            return any;
        }
        if (rx == any) {
            return never;
        }
        return make(Rx.Kind.NOT, ByteSet.NONE, new Rx[] {rx}, 0, 0);
    }

    Rx repeat(Rx rx, int min, int max) {
        if (max == 0 || rx == empty) {
            return empty;
        }
        if (rx == never) {
            return min == 0 ? empty : never;
        }
        if (min == 1 && max == 1) {
            return rx;
        }
        if (rx.kind == Rx.Kind.REPEAT && rx.min == 0 && rx.max == Rx.UNBOUNDED) {
            return rx;
        }
        return make(Rx.Kind.REPEAT, ByteSet.NONE, new Rx[] {rx}, rx.nullable ? 0 : min, max);
    }

    Rx optional(Rx rx) {
        return repeat(rx, 0, 1);
    }

    /** What may follow {@code b} in the language of {@code rx}; {@code b} stands for its whole class {@code byteClass}. */
    private Rx derive(Rx rx, int b, int byteClass) {
        switch (rx.kind) {
            case NEVER, EMPTY -> {
                return never;
            }
            case SET -> {
                return rx.set.contains(b) ? empty : never;
            }
            case CONCAT, ALT, AND, NOT, REPEAT -> {
                long key = ((long) rx.id << 9) | byteClass;
                Rx known = derivatives.get(key);
                if (known == null) {
                    budget.spend(4 + 4L * rx.parts.length);
                    known = deriveParts(rx, b, byteClass);
                    derivatives.put(key, known);
                }
                return known;
            }
        }
        throw new AssertionError(rx.kind);
    }

    private Rx deriveParts(Rx rx, int b, int byteClass) {
        Rx first = rx.parts[0];
        return switch (rx.kind) {
            case CONCAT -> {
                Rx head = concat(derive(first, b, byteClass), rx.parts[1]);
                yield first.nullable ? alt(head, derive(rx.parts[1], b, byteClass)) : head;
            }
            case ALT, AND -> {
                List<Rx> parts = new ArrayList<>(rx.parts.length);
                for (Rx part : rx.parts) {
                    parts.add(derive(part, b, byteClass));
                }
                yield rx.kind == Rx.Kind.ALT ? alt(parts) : and(parts);
            }
            case NOT -> not(derive(first, b, byteClass));
            case REPEAT -> {
                int max = rx.max == Rx.UNBOUNDED ? rx.max : rx.max - 1;
                yield concat(derive(first, b, byteClass), repeat(first, Math.max(0, rx.min - 1), max));
            }
            case NEVER, EMPTY, SET -> throw new AssertionError(rx.kind);
        };
    }

    /** The automaton of an expression. */
    Dfa dfa(Rx rx) {
        return dfa(rx, -1, -1);
    }

    /**
     * The automaton of the strings s for which {@code start s end} matches; -1 for no such byte. The two stand for the
     * edges of the text, which is how anchors are matched.
     */
    Dfa dfa(Rx rx, int start, int end) {
        List<ByteSet> sets = new ArrayList<>();
        made.values().stream()
                .filter(r -> r.kind == Rx.Kind.SET)
                .sorted(Comparator.comparingInt(r -> r.id))
                .forEach(r -> sets.add(r.set));
        ByteClasses classes = ByteClasses.separating(sets);
        derivatives.clear();
        Rx first = start < 0 ? rx : derive(rx, start, classes.of(start));
        int endClass = end < 0 ? -1 : classes.of(end);
        int startClass = start < 0 ? -1 : classes.of(start);
        return Dfa.explore(first, classes, budget, new Dfa.Machine<Rx>() {
            @Override
            public Rx step(Rx state, int b) {
                int byteClass = classes.of(b);
                if (byteClass == endClass || byteClass == startClass) {
                    return null;
                }
                Rx next = derive(state, b, byteClass);
                return next == never ? null : next;
            }

            @Override
            public int label(Rx state) {
                return (end < 0 ? state : derive(state, end, endClass)).nullable ? 0 : -1;
            }
        });
    }
}
