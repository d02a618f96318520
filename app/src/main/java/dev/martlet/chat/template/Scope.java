package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The names of one block while a template is compiled; each gets a slot in the frame of its {@link Unit}.
 *
 * <p>As in Jinja, a name set in a block belongs to that block, wherever it is set in it, and starts with what the
 * surrounding block has under that name. A name set nowhere around it is the context's: a slot of the outermost block.
 */
final class Scope {
    /** What shares a frame: the template itself, a macro's body, the body of a recursive loop. */
    static final class Unit {
        private int slots;

        int slots() {
            return slots;
        }
    }

    /**
     * Where a name lives.
     *
     * @param hops how many frames outwards
     */
    record Address(int hops, int slot) {}

    private final Scope parent;
    private final Unit unit;
    private final Map<String, Integer> slots = new LinkedHashMap<>();
    private final List<String> inherited = new ArrayList<>();
    private final Set<String> read = new HashSet<>();

    private Scope(Scope parent, Unit unit) {
        this.parent = parent;
        this.unit = unit;
    }

    static Scope root() {
        return new Scope(null, new Unit());
    }

    /** A block that shares its surroundings' frame. */
    Scope block() {
        return new Scope(this, unit);
    }

    /** A block with a frame of its own for every call. */
    Scope function() {
        return new Scope(this, new Unit());
    }

    Unit unit() {
        return unit;
    }

    /** Slots by name; of the outermost block: what to load from the context. */
    Map<String, Integer> slots() {
        return slots;
    }

    /** Declares a parameter or loop variable: it inherits nothing. */
    int declare(String name) {
        return slots.computeIfAbsent(name, n -> unit.slots++);
    }

    /** Declares a name that is set in this block. */
    int store(String name) {
        if (parent != null && !slots.containsKey(name)) {
            inherited.add(name);
        }
        return declare(name);
    }

    /** Whether a name that this block declares was resolved from somewhere. */
    boolean reads(String name) {
        return read.contains(name);
    }

    /** Finds a name; only when the whole template is read, since a later {@code set} counts too. */
    Address resolve(String name) {
        int hops = 0;
        for (Scope scope = this; ; scope = scope.parent) {
            Integer slot = scope.slots.get(name);
            if (slot != null) {
                scope.read.add(name);
                return new Address(hops, slot);
            }
            if (scope.parent == null) {
                return new Address(hops, scope.declare(name));
            }
            hops += scope.unit == scope.parent.unit ? 0 : 1;
        }
    }

    /** The names that start with the surroundings' value: triples of slot, hops and slot there. */
    int[] inheritance() {
        int[] moves = new int[inherited.size() * 3];
        for (int i = 0; i < inherited.size(); i++) {
            Address outer = parent.resolve(inherited.get(i));
            moves[3 * i] = slots.get(inherited.get(i));
            moves[3 * i + 1] = outer.hops() + (unit == parent.unit ? 0 : 1);
            moves[3 * i + 2] = outer.slot();
        }
        return moves;
    }
}
