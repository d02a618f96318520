package dev.martlet.chat.template;

import java.util.LinkedHashMap;
import java.util.Map;

/** A dict: keys in the order they came. */
final class Dict implements Value {
    private static final int MAX_KEY_DEPTH = 16;

    private final Map<Value, Value> entries;

    Dict() {
        this(new LinkedHashMap<>());
    }

    Dict(int size) {
        this(LinkedHashMap.newLinkedHashMap(size));
    }

    private Dict(Map<Value, Value> entries) {
        this.entries = entries;
    }

    Map<Value, Value> entries() {
        return entries;
    }

    /** The value of a key, or null. */
    Value get(Value key) {
        return entries.get(hashable(key));
    }

    void put(Value key, Value value) {
        entries.put(hashable(key), value);
    }

    private static Value hashable(Value key) {
        if (!(key instanceof Text)) {
            checkHashable(key, 0);
        }
        return key;
    }

    /** Fails where Python cannot hash the value, or where hashing it would take a deep recursion. */
    static void checkHashable(Value key, int depth) {
        if (depth > MAX_KEY_DEPTH) {
            throw Failure.limit("dict key nested too deeply");
        }
        if (key instanceof Dict || key instanceof Sequence list && list.kind == Sequence.Kind.LIST) {
            throw Failure.of("unhashable type: '" + key.typeName() + "'");
        }
        if (key instanceof Sequence tuple && tuple.kind == Sequence.Kind.TUPLE) {
            tuple.items().forEach(item -> checkHashable(item, depth + 1));
        }
    }

    @Override
    public boolean truthy() {
        return !entries.isEmpty();
    }

    @Override
    public String typeName() {
        return "dict";
    }
}
