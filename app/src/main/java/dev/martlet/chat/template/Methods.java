package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The methods of Python's dict, list and tuple; those of str are in {@link StringMethods}. */
final class Methods {
    static final Map<String, Builtin> STRING = StringMethods.table();
    static final Map<String, Builtin> DICT = dict();
    static final Map<String, Builtin> TUPLE = sequence(new HashMap<>());
    static final Map<String, Builtin> LIST = list();

    private Methods() {}

    private static Map<String, Builtin> dict() {
        var table = new HashMap<String, Builtin>();
        Builtin.define(table, "items", "", (run, self, args) -> {
            var entries = ((Dict) self).entries();
            run.elements(entries.size() * 3L);
            var items = new ArrayList<Value>(entries.size());
            entries.forEach((key, value) -> items.add(Sequence.tuple(List.of(key, value))));
            return Sequence.view("dict_items", items);
        });
        Builtin.define(table, "keys", "", (run, self, args) -> {
            run.elements(((Dict) self).entries().size());
            return Sequence.view(
                    "dict_keys", new ArrayList<>(((Dict) self).entries().keySet()));
        });
        Builtin.define(table, "values", "", (run, self, args) -> {
            run.elements(((Dict) self).entries().size());
            return Sequence.view(
                    "dict_values", new ArrayList<>(((Dict) self).entries().values()));
        });
        Builtin.define(table, "get", "key / default", (run, self, args) -> {
            Value found = ((Dict) self).get(args[0]);
            return found != null ? found : args[1] != null ? args[1] : Value.None.NONE;
        });
        Builtin.define(table, "copy", "", (run, self, args) -> {
            run.elements(((Dict) self).entries().size());
            var copy = new Dict(((Dict) self).entries().size());
            copy.entries().putAll(((Dict) self).entries());
            return copy;
        });
        change(table, "pop", "key / default", (run, self, args) -> {
            Value removed = ((Dict) self).get(args[0]) == null
                    ? args[1]
                    : ((Dict) self).entries().remove(args[0]);
            if (removed == null) {
                throw Failure.of("KeyError: " + Printer.repr(args[0]));
            }
            return removed;
        });
        change(table, "popitem", "", (run, self, args) -> {
            var entry = ((java.util.LinkedHashMap<Value, Value>) ((Dict) self).entries()).pollLastEntry();
            if (entry == null) {
                throw Failure.of("popitem(): dictionary is empty");
            }
            return Sequence.tuple(List.of(entry.getKey(), entry.getValue()));
        });
        change(table, "setdefault", "key / default", (run, self, args) -> {
            Value found = ((Dict) self).get(args[0]);
            if (found == null) {
                run.elements(1);
                found = args[1] != null ? args[1] : Value.None.NONE;
                ((Dict) self).put(args[0], found);
            }
            return found;
        });
        change(table, "clear", "", (run, self, args) -> {
            ((Dict) self).entries().clear();
            return Value.None.NONE;
        });
        Builtin.raw(table, "update", (run, self, args) -> {
            requireMutable(run, "dict", "update");
            Dict source = Globals.dict(run, args);
            run.elements(source.entries().size());
            ((Dict) self).entries().putAll(source.entries());
            return Value.None.NONE;
        });
        return Map.copyOf(table);
    }

    private static Map<String, Builtin> sequence(Map<String, Builtin> table) {
        Builtin.define(table, "count", "value", (run, self, args) -> {
            long count = 0;
            for (Value item : ((Sequence) self).items()) {
                run.step();
                count += Operations.equal(run, item, args[0]) ? 1 : 0;
            }
            return Value.Int.of(count);
        });
        Builtin.define(
                table, "index", "value", (run, self, args) -> Value.Int.of(indexOf(run, (Sequence) self, args[0])));
        return table;
    }

    private static int indexOf(Run run, Sequence sequence, Value value) {
        for (int i = 0; i < sequence.items().size(); i++) {
            run.step();
            if (Operations.equal(run, sequence.items().get(i), value)) {
                return i;
            }
        }
        throw Failure.of("value is not in list");
    }

    private static Map<String, Builtin> list() {
        var table = sequence(new HashMap<>());
        Builtin.define(table, "copy", "", (run, self, args) -> {
            run.elements(((Sequence) self).items().size());
            return Sequence.list(new ArrayList<>(((Sequence) self).items()));
        });
        change(table, "append", "item", (run, self, args) -> {
            run.elements(1);
            ((Sequence) self).items().add(args[0]);
            return Value.None.NONE;
        });
        change(table, "extend", "items", (run, self, args) -> {
            List<Value> items = Operations.iterate(run, args[0]);
            run.elements(items.size());
            ((Sequence) self).items().addAll(List.copyOf(items));
            return Value.None.NONE;
        });
        change(table, "insert", "index item", (run, self, args) -> {
            List<Value> items = ((Sequence) self).items();
            run.elements(1);
            run.work(items.size() >> 4);
            int index = Builtin.integer(args[0], 0);
            items.add(Math.clamp(index < 0 ? index + items.size() : index, 0, items.size()), args[1]);
            return Value.None.NONE;
        });
        change(table, "pop", "/ index", (run, self, args) -> {
            List<Value> items = ((Sequence) self).items();
            run.work(items.size() >> 4);
            int index = Builtin.integer(args[0], -1);
            index = index < 0 ? index + items.size() : index;
            if (index < 0 || index >= items.size()) {
                throw Failure.of(items.isEmpty() ? "pop from empty list" : "pop index out of range");
            }
            return items.remove(index);
        });
        change(table, "remove", "value", (run, self, args) -> {
            ((Sequence) self).items().remove(indexOf(run, (Sequence) self, args[0]));
            return Value.None.NONE;
        });
        change(table, "reverse", "", (run, self, args) -> {
            run.work(((Sequence) self).items().size());
            java.util.Collections.reverse(((Sequence) self).items());
            return Value.None.NONE;
        });
        change(table, "clear", "", (run, self, args) -> {
            ((Sequence) self).items().clear();
            return Value.None.NONE;
        });
        change(table, "sort", "/ reverse", (run, self, args) -> {
            List<Value> sorted =
                    Filters.sorted(run, ((Sequence) self).items(), value -> value, Builtin.flag(args[0], false));
            for (int i = 0; i < sorted.size(); i++) {
                ((Sequence) self).items().set(i, sorted.get(i));
            }
            return Value.None.NONE;
        });
        return Map.copyOf(table);
    }

    /** Defines a method that changes its object, which the strict environment forbids. */
    private static void change(Map<String, Builtin> table, String name, String parameters, Builtin.Body body) {
        Builtin.define(table, name, parameters, (run, self, args) -> {
            requireMutable(run, self.typeName(), name);
            return body.call(run, self, args);
        });
    }

    private static void requireMutable(Run run, String type, String name) {
        if (!run.mutable) {
            throw Failure.of("access to attribute '" + name + "' of '" + type + "' object is unsafe");
        }
    }
}
