package dev.martlet.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The objects whose members are each of a kind that goes by the name.
 *
 * @param names kinds of single names, in the order of the schema
 * @param others kinds of all other names; disjoint, and a name in none of them cannot be
 * @param required a part of {@code names}
 * @param max {@link Rx#UNBOUNDED} for no bound
 * @param witnesses what the object must hold somewhere; one member may serve for several
 */
record ObjectShape(
        Map<String, Formula> names,
        List<KeyClass> others,
        Set<String> required,
        int min,
        int max,
        List<Witness> witnesses) {

    /** Names that are treated alike; those that a shape lists by themselves do not count. */
    record KeyClass(Dfa keys, Formula kind) {}

    /** What some member must be whose name is in {@code keys}; no {@link KeyClass} of the shape is only partly in it. */
    record Witness(Dfa keys, Formula kind) {}

    /** Most witnesses of one shape. */
    static final int MOST_WITNESSES = 4;

    static final ObjectShape ANY = new ObjectShape(
            Map.of(), List.of(new KeyClass(JsonText.ANY_TEXT, Formula.TRUE)), Set.of(), 0, Rx.UNBOUNDED, List.of());

    private static final int MOST_CLASSES = 60;

    /** The kind of a name. */
    Formula kind(String name) {
        Formula known = names.get(name);
        if (known != null) {
            return known;
        }
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        for (KeyClass other : others) {
            if (other.keys.accepts(bytes)) {
                return other.kind;
            }
        }
        return Formula.FALSE;
    }

    ObjectShape and(ObjectShape o, FormulaPool pool, Budget budget) {
        if (this == ANY || o == ANY) {
            return this == ANY ? o : this;
        }
        Map<String, Formula> both = new LinkedHashMap<>();
        for (String name : names.keySet()) {
            both.put(name, pool.and(names.get(name), o.kind(name)));
        }
        for (String name : o.names.keySet()) {
            if (!both.containsKey(name)) {
                both.put(name, pool.and(kind(name), o.names.get(name)));
            }
        }
        List<KeyClass> classes = new ArrayList<>();
        for (KeyClass a : others) {
            for (KeyClass b : o.others) {
                Formula kind = pool.and(a.kind, b.kind);
                Dfa keys = kind == Formula.FALSE ? Dfa.NOTHING : both(a.keys, b.keys, budget);
                if (!keys.isEmpty()) {
                    classes.add(new KeyClass(keys, kind));
                }
            }
        }
        checkClasses(classes.size());
        Set<String> must = new LinkedHashSet<>(required);
        must.addAll(o.required);
        Set<Witness> all = new LinkedHashSet<>(witnesses);
        all.addAll(o.witnesses);
        if (all.size() > MOST_WITNESSES) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX, "", "", "an object must hold too many kinds of member");
        }
        return new ObjectShape(both, classes, must, Math.max(min, o.min), Math.min(max, o.max), List.copyOf(all));
    }

    static void checkClasses(int count) {
        if (count > MOST_CLASSES) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX, "", "", "too many name patterns come together");
        }
    }

    static Dfa both(Dfa a, Dfa b, Budget budget) {
        if (a == JsonText.ANY_TEXT || b == JsonText.ANY_TEXT) {
            return a == JsonText.ANY_TEXT ? b : a;
        }
        return Dfa.combine(a, b, Dfa.Operation.AND, budget);
    }

    /** This shape with these names required as well. */
    ObjectShape requiring(Iterable<String> more) {
        Map<String, Formula> listed = new LinkedHashMap<>(names);
        Set<String> must = new LinkedHashSet<>(required);
        for (String name : more) {
            listed.putIfAbsent(name, kind(name));
            must.add(name);
        }
        return new ObjectShape(listed, others, must, min, max, witnesses);
    }

    /** Any object in which this name is of this kind, if it is there at all. */
    static ObjectShape with(String name, Formula kind) {
        return new ObjectShape(Map.of(name, kind), ANY.others, Set.of(), 0, Rx.UNBOUNDED, List.of());
    }

    ObjectShape withBounds(int low, int high) {
        return new ObjectShape(names, others, required, Math.max(min, low), Math.min(max, high), witnesses);
    }
}
