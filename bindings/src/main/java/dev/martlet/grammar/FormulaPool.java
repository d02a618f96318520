package dev.martlet.grammar;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes formulas and simplifies them. One pool serves one compilation and one thread. */
final class FormulaPool {

    private static final int MOST_FORMULAS = 20_000;

    private record Key(Formula.Kind kind, List<Integer> parts, Object leaf) {}

    private final Map<Key, Formula> made = new HashMap<>();

    private Formula make(Formula.Kind kind, List<Formula> parts, Object leaf, String pointer, JsonValue json) {
        Key key = new Key(kind, parts.stream().map(p -> p.id).toList(), leaf);
        Formula known = made.get(key);
        if (known == null) {
            if (made.size() >= MOST_FORMULAS) {
                throw new GrammarException(
                        GrammarException.Reason.TOO_COMPLEX,
                        pointer.isEmpty() && !parts.isEmpty() ? parts.get(0).somePointer() : pointer,
                        "",
                        "the schema combines its parts in over " + MOST_FORMULAS + " ways");
            }
            known = new Formula(kind, made.size() + 2, parts, pointer, json);
            made.put(key, known);
        }
        return known;
    }

    /** The condition to satisfy the schema at a place. */
    Formula schema(JsonValue json, String pointer) {
        if (json instanceof JsonValue.Bool bool) {
            return bool.value() ? Formula.TRUE : Formula.FALSE;
        }
        if (json instanceof JsonValue.Obj object) {
            return object.members().isEmpty()
                    ? Formula.TRUE
                    : make(Formula.Kind.SCHEMA, List.of(), pointer, pointer, json);
        }
        throw new GrammarException(
                GrammarException.Reason.INVALID, pointer, "", "a schema must be an object, true or false");
    }

    /** The condition to be equal to a value. */
    Formula constant(JsonValue json, String pointer) {
        return make(Formula.Kind.CONSTANT, List.of(), json, pointer, json);
    }

    Formula not(Formula f) {
        return switch (f.kind) {
            case TRUE -> Formula.FALSE;
            case FALSE -> Formula.TRUE;
            case NOT -> f.parts.get(0);
            case AND -> or(f.parts.stream().map(this::not).toList());
            case OR -> and(f.parts.stream().map(this::not).toList());
            case SCHEMA, CONSTANT -> make(Formula.Kind.NOT, List.of(f), "", "", f.json);
        };
    }

    Formula and(Formula a, Formula b) {
        return a == b || b == Formula.TRUE ? a : a == Formula.TRUE ? b : and(List.of(a, b));
    }

    Formula and(Collection<Formula> parts) {
        return joined(Formula.Kind.AND, parts, Formula.TRUE, Formula.FALSE);
    }

    Formula or(Collection<Formula> parts) {
        return joined(Formula.Kind.OR, parts, Formula.FALSE, Formula.TRUE);
    }

    private Formula joined(Formula.Kind kind, Collection<Formula> parts, Formula neutral, Formula absorbing) {
        TreeMap<Integer, Formula> flat = new TreeMap<>();
        for (Formula part : parts) {
            for (Formula p : part.kind == kind ? part.parts : List.of(part)) {
                flat.put(p.id, p);
            }
        }
        flat.remove(neutral.id);
        for (Formula p : flat.values()) {
            if (p == absorbing || p.kind == Formula.Kind.NOT && flat.containsKey(p.parts.get(0).id)) {
                return absorbing;
            }
        }
        return switch (flat.size()) {
            case 0 -> neutral;
            case 1 -> flat.firstEntry().getValue();
            default -> make(kind, List.copyOf(flat.values()), "", "", absorbing.json);
        };
    }
}
