package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Jinja's filters of collections, and the table of all filters. */
final class Filters {
    static final Map<String, Builtin> TABLE = table();

    private Filters() {}

    private static Map<String, Builtin> table() {
        var table = new HashMap<String, Builtin>();
        TextFilters.define(table);
        ends(table);
        orders(table);
        choices(table);
        groups(table);
        return Map.copyOf(table);
    }

    private static void ends(Map<String, Builtin> table) {
        Builtin.define(table, "length", "", (run, self, args) -> Value.Int.of(Operations.length(run, self)));
        table.put("count", table.get("length"));
        Builtin.define(table, "list", "", (run, self, args) -> Sequence.list(copy(run, self)));
        Builtin.define(table, "first", "", (run, self, args) -> {
            if (self instanceof Text text && !text.isEmpty()) {
                return Access.item(run, text, Value.Int.of(0));
            }
            List<Value> items = Operations.iterate(run, self);
            return items.isEmpty() ? new Value.Undefined("No first item, sequence was empty.") : items.getFirst();
        });
        Builtin.define(table, "last", "", (run, self, args) -> {
            if (self instanceof Text text && !text.isEmpty()) {
                return Access.item(run, text, Value.Int.of(-1));
            }
            List<Value> items = Operations.iterate(run, self);
            return items.isEmpty() ? new Value.Undefined("No last item, sequence was empty.") : items.getLast();
        });
        Builtin.define(table, "items", "", (run, self, args) -> switch (self) {
            case Value.Undefined undefined -> Sequence.generator(new ArrayList<>());
            case Dict dict ->
                Sequence.generator(((Sequence) Methods.DICT.get("items").call(run, dict, Args.NONE)).items());
            default -> throw Failure.of("Can only get item pairs from a mapping.");
        });
        Builtin.define(table, "default", "/ default_value boolean", (run, self, args) -> {
            boolean missing = self instanceof Value.Undefined || Builtin.flag(args[1], false) && !self.truthy();
            return !missing ? self : args[0] != null ? args[0] : Text.EMPTY;
        });
        table.put("d", table.get("default"));
        Builtin.define(
                table,
                "attr",
                "name",
                (run, self, args) -> Access.attributeAlone(run, self, Builtin.string(args[0]).string));
        Builtin.define(table, "reverse", "", (run, self, args) -> {
            if (self instanceof Text text) {
                return Access.slice(run, text, null, null, Value.Int.of(-1));
            }
            var items = copy(run, self);
            java.util.Collections.reverse(items);
            return Sequence.generator(items);
        });
    }

    private static ArrayList<Value> copy(Run run, Value value) {
        List<Value> items = Operations.iterate(run, value);
        run.elements(items.size());
        return new ArrayList<>(items);
    }

    private static void orders(Map<String, Builtin> table) {
        Builtin.define(table, "sort", "/ reverse case_sensitive attribute", (run, self, args) -> {
            boolean sensitive = Builtin.flag(args[1], false);
            return Sequence.list(sorted(
                    run,
                    Operations.iterate(run, self),
                    keys(run, args[2], sensitive, null),
                    Builtin.flag(args[0], false)));
        });
        Builtin.define(table, "dictsort", "/ case_sensitive by reverse", (run, self, args) -> {
            String by = args[1] == null ? "key" : Builtin.string(args[1]).string;
            if (!by.equals("key") && !by.equals("value")) {
                throw Failure.of("You can only sort by either \"key\" or \"value\"");
            }
            if (!(self instanceof Dict dict)) {
                throw Failure.type("dictsort: expected a mapping", self);
            }
            int position = by.equals("key") ? 0 : 1;
            boolean sensitive = Builtin.flag(args[0], false);
            List<Value> pairs = ((Sequence) Methods.DICT.get("items").call(run, dict, Args.NONE)).items();
            return Sequence.list(sorted(
                    run,
                    pairs,
                    pair -> folded(run, ((Sequence) pair).items().get(position), sensitive),
                    Builtin.flag(args[2], false)));
        });
        Builtin.define(table, "unique", "/ case_sensitive attribute", (run, self, args) -> {
            var key = keys(run, args[1], Builtin.flag(args[0], false), null);
            var seen = new HashSet<Value>();
            var unique = new ArrayList<Value>();
            for (Value item : Operations.iterate(run, self)) {
                run.elements(1);
                Value folded = key.apply(item);
                Dict.checkHashable(folded, 0);
                if (seen.add(folded)) {
                    unique.add(item);
                }
            }
            return Sequence.generator(unique);
        });
        extreme(table, "min", -1);
        extreme(table, "max", 1);
        Builtin.define(table, "sum", "/ attribute start", (run, self, args) -> {
            Value sum = args[1] != null ? args[1] : Value.Int.of(0);
            var key = keys(run, args[0], true, null);
            for (Value item : Operations.iterate(run, self)) {
                run.step();
                sum = Operations.add(run, sum, key.apply(item));
            }
            return sum;
        });
    }

    private static void extreme(Map<String, Builtin> table, String name, int sign) {
        Builtin.define(table, name, "/ case_sensitive attribute", (run, self, args) -> {
            var key = keys(run, args[1], Builtin.flag(args[0], false), null);
            Value best = null;
            Value bestKey = null;
            for (Value item : Operations.iterate(run, self)) {
                run.step();
                Value itemKey = key.apply(item);
                if (best == null || Operations.compare(run, "<", itemKey, bestKey) * sign > 0) {
                    best = item;
                    bestKey = itemKey;
                }
            }
            return best != null ? best : new Value.Undefined("No aggregated item, sequence was empty.");
        });
    }

    /** Sorts as Python does: stable, also in reverse. */
    static List<Value> sorted(Run run, List<Value> items, UnaryOperator<Value> key, boolean reverse) {
        record Keyed(Value key, Value item) {}

        run.elements(items.size());
        var keyed = new ArrayList<Keyed>(items.size());
        items.forEach(item -> keyed.add(new Keyed(key.apply(item), item)));
        keyed.sort((a, b) -> {
            run.step();
            int order = Operations.compare(run, "<", a.key(), b.key());
            return reverse ? -order : order;
        });
        var sorted = new ArrayList<Value>(items.size());
        keyed.forEach(pair -> sorted.add(pair.item()));
        return sorted;
    }

    private static Value folded(Run run, Value value, boolean sensitive) {
        return !sensitive && value instanceof Text text ? StringMethods.lower(run, text) : value;
    }

    /** What a filter's {@code attribute} argument takes from an item: a path with dots, or the item itself. */
    private static UnaryOperator<Value> keys(Run run, Value attribute, boolean sensitive, Value otherwise) {
        if (attribute == null || attribute == Value.None.NONE) {
            return item -> folded(run, item, sensitive);
        }
        return item -> folded(run, path(run, item, attribute, otherwise), sensitive);
    }

    private static Value path(Run run, Value item, Value attribute, Value otherwise) {
        Value found = item;
        if (attribute instanceof Text path) {
            for (String name : path.string.split("\\.", -1)) {
                run.step();
                boolean number =
                        !name.isEmpty() && name.length() < 10 && name.chars().allMatch(c -> c >= '0' && c <= '9');
                Value key = number ? Value.Int.of(Integer.parseInt(name)) : Text.trusted(name);
                found = Access.item(run, found, key);
                if (found instanceof Value.Undefined && otherwise != null) {
                    found = otherwise;
                }
            }
            return found;
        }
        found = Access.item(run, item, attribute);
        return found instanceof Value.Undefined && otherwise != null ? otherwise : found;
    }

    private static void choices(Map<String, Builtin> table) {
        Builtin.raw(table, "map", (run, self, args) -> {
            UnaryOperator<Value> change;
            Value attribute = args.named("attribute");
            if (args.count() == 0 && attribute != null) {
                change = item -> path(run, item, attribute, args.named("default"));
            } else if (args.count() > 0) {
                Builtin filter = named(TABLE, "filter", args.positional()[0]);
                Args rest = args.skip(1);
                change = item -> filter.call(run, item, rest);
            } else {
                throw Failure.of("map requires a filter argument");
            }
            List<Value> items = walked(run, self);
            run.elements(items.size());
            var mapped = new ArrayList<Value>(items.size());
            for (Value item : items) {
                mapped.add(change.apply(item));
            }
            return Sequence.generator(mapped);
        });
        choose(table, "select", false, true);
        choose(table, "reject", false, false);
        choose(table, "selectattr", true, true);
        choose(table, "rejectattr", true, false);
    }

    static Builtin named(Map<String, Builtin> table, String kind, Value name) {
        Builtin found = table.get(Builtin.string(name).string);
        if (found == null) {
            throw Failure.of("No " + kind + " named '" + Builtin.string(name).string + "'.");
        }
        return found;
    }

    /** What Jinja's lazy filters walk over: nothing where the value is false, also where it is None. */
    private static List<Value> walked(Run run, Value value) {
        return value.truthy() ? Operations.iterate(run, value) : List.of();
    }

    private static void choose(Map<String, Builtin> table, String name, boolean byAttribute, boolean keep) {
        Builtin.raw(table, name, (run, self, args) -> {
            int skipped = byAttribute ? 1 : 0;
            if (args.count() < skipped) {
                throw Failure.of("Missing parameter for attribute name");
            }
            Builtin test = args.count() > skipped ? named(Tests.TABLE, "test", args.positional()[skipped]) : null;
            Args rest = args.count() > skipped ? args.skip(skipped + 1) : Args.NONE;
            var chosen = new ArrayList<Value>();
            for (Value item : walked(run, self)) {
                run.elements(1);
                Value tested = byAttribute ? path(run, item, args.positional()[0], null) : item;
                boolean holds = test == null
                        ? tested.truthy()
                        : test.call(run, tested, rest).truthy();
                if (holds == keep) {
                    chosen.add(item);
                }
            }
            return Sequence.generator(chosen);
        });
    }

    private static void groups(Map<String, Builtin> table) {
        Builtin.define(table, "groupby", "attribute / default case_sensitive", (run, self, args) -> {
            boolean sensitive = Builtin.flag(args[2], false);
            var key = keys(run, args[0], sensitive, args[1]);
            var groups = new ArrayList<Value>();
            Value last = null;
            for (Value item : sorted(run, Operations.iterate(run, self), key, false)) {
                run.elements(3);
                Value itemKey = key.apply(item);
                if (last == null || !Operations.equal(run, last, itemKey)) {
                    groups.add(Sequence.tuple(
                            List.of(path(run, item, args[0], args[1]), Sequence.list(new ArrayList<>()))));
                    last = itemKey;
                }
                ((Sequence) ((Sequence) groups.getLast()).items().get(1))
                        .items()
                        .add(item);
            }
            return Sequence.list(groups);
        });
        Builtin.define(table, "batch", "linecount / fill_with", (run, self, args) -> {
            int size = Builtin.integer(args[0], 1);
            var batches = new ArrayList<Value>();
            var batch = new ArrayList<Value>();
            for (Value item : Operations.iterate(run, self)) {
                run.elements(2);
                if (batch.size() == size) {
                    batches.add(Sequence.list(batch));
                    batch = new ArrayList<>();
                }
                batch.add(item);
            }
            if (!batch.isEmpty()) {
                while (args[1] != null && args[1] != Value.None.NONE && batch.size() < size) {
                    run.elements(1);
                    batch.add(args[1]);
                }
                batches.add(Sequence.list(batch));
            }
            return Sequence.generator(batches);
        });
        Builtin.define(table, "slice", "slices / fill_with", (run, self, args) -> {
            List<Value> items = Operations.iterate(run, self);
            int count = Builtin.integer(args[0], 1);
            if (count == 0) {
                throw Failure.of("integer division or modulo by zero");
            }
            int each = items.size() / count;
            int longer = items.size() % count;
            var slices = new ArrayList<Value>();
            int from = 0;
            for (int i = 0; i < count; i++) {
                int to = from + each + (i < longer ? 1 : 0);
                run.elements(to - from + 2L);
                var slice = new ArrayList<>(items.subList(from, to));
                if (args[1] != null && args[1] != Value.None.NONE && i >= longer) {
                    slice.add(args[1]);
                }
                slices.add(Sequence.list(slice));
                from = to;
            }
            return Sequence.generator(slices);
        });
    }
}
