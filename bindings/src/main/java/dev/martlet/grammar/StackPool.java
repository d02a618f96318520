package dev.martlet.grammar;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes equal stack sets the same object, so that their caches are shared between all requests with a grammar. When it
 * is full it starts afresh: sets in use stay good and only cease to be shared. Safe from any thread.
 */
final class StackPool {

    private static final int MOST_SETS = 4_000;

    private final ConcurrentHashMap<StackSet, StackSet> sets = new ConcurrentHashMap<>();

    /** Unions that are known: they are made of unions, and would take exponential time without. */
    private final ConcurrentHashMap<Pair, StackSet> unions = new ConcurrentHashMap<>();

    private record Pair(StackSet a, StackSet b) {}

    StackSet shared(StackSet set) {
        StackSet known = sets.get(set);
        if (known != null) {
            return known;
        }
        if (sets.size() >= MOST_SETS) {
            sets.clear();
        }
        StackSet raced = sets.putIfAbsent(set, set);
        return raced == null ? set : raced;
    }

    StackSet pushed(Frame frame, StackSet rest) {
        return shared(new StackSet(new Frame[] {frame}, new StackSet[] {rest}, false));
    }

    StackSet union(StackSet a, StackSet b) {
        if (a == b || b.isRefused()) {
            return a;
        }
        Pair pair = new Pair(a, b);
        StackSet known = unions.get(pair);
        if (known == null) {
            Closure out = new Closure(this);
            out.addAll(a);
            out.addAll(b);
            known = out.set();
            if (unions.size() >= MOST_SETS) {
                unions.clear();
            }
            unions.put(pair, known);
        }
        return known;
    }
}
