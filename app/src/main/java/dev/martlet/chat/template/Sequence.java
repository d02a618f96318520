package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.List;

/** A list, or what a template can walk over like one. */
final class Sequence implements Value {
    enum Kind {
        LIST,
        TUPLE,
        RANGE,
        /** What {@code map}, {@code select} and such return: walked over once, always true, without a length. */
        GENERATOR,
        /** {@code dict.items()} and its sisters. */
        VIEW
    }

    final Kind kind;
    /** How a range or a view prints before its items. */
    final String label;

    private List<Value> items;

    private Sequence(Kind kind, String label, List<Value> items) {
        this.kind = kind;
        this.label = label;
        this.items = items;
    }

    static Sequence list(List<Value> items) {
        return new Sequence(Kind.LIST, "list", items);
    }

    static Sequence tuple(List<Value> items) {
        return new Sequence(Kind.TUPLE, "tuple", items);
    }

    static Sequence generator(List<Value> items) {
        return new Sequence(Kind.GENERATOR, "generator", items);
    }

    static Sequence view(String label, List<Value> items) {
        return new Sequence(Kind.VIEW, label, items);
    }

    static Sequence range(String label, List<Value> items) {
        return new Sequence(Kind.RANGE, label, items);
    }

    /** The items, for reading by index; a list's are live. */
    List<Value> items() {
        return items;
    }

    /** The items, for walking over: a generator has none afterwards. */
    List<Value> walk() {
        List<Value> all = items;
        if (kind == Kind.GENERATOR) {
            items = new ArrayList<>();
        }
        return all;
    }

    /** Whether it has a length and takes an index. */
    boolean indexed() {
        return kind == Kind.LIST || kind == Kind.TUPLE || kind == Kind.RANGE;
    }

    @Override
    public boolean truthy() {
        return kind == Kind.GENERATOR || !items.isEmpty();
    }

    @Override
    public String typeName() {
        return kind == Kind.RANGE ? "range" : label;
    }

    /** As a dict's key: tuples by their items, other kinds by identity. */
    @Override
    public boolean equals(Object other) {
        return this == other
                || other instanceof Sequence sequence
                        && kind == Kind.TUPLE
                        && sequence.kind == Kind.TUPLE
                        && items.equals(sequence.items);
    }

    @Override
    public int hashCode() {
        return kind == Kind.TUPLE ? items.hashCode() : System.identityHashCode(this);
    }
}
