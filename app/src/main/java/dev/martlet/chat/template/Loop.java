package dev.martlet.chat.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** The variable {@code loop}. */
final class Loop implements Value.Fields, Value.Callable {
    private static final Map<String, Builtin> METHODS = methods();

    private final List<Value> items;
    private final int depth;
    private final int length;
    /** What a call runs: the loop again over other items; null where the loop is not recursive. */
    private final BiFunction<Run, Value, Value> again;

    private int index;
    private Args lastSeen;

    Loop(List<Value> items, int depth, BiFunction<Run, Value, Value> again) {
        this.items = items;
        this.depth = depth;
        this.length = items.size();
        this.again = again;
    }

    void moveTo(int next) {
        index = next;
    }

    @Override
    public Value field(Run run, String name) {
        return switch (name) {
            case "index" -> Value.Int.of(index + 1L);
            case "index0" -> Value.Int.of(index);
            case "revindex" -> Value.Int.of(length - index);
            case "revindex0" -> Value.Int.of(length - index - 1L);
            case "first" -> Value.Bool.of(index == 0);
            case "last" -> Value.Bool.of(index == length - 1);
            case "length" -> Value.Int.of(length);
            case "depth" -> Value.Int.of(depth + 1L);
            case "depth0" -> Value.Int.of(depth);
            case "previtem" -> item(index - 1, "there is no previous item");
            case "nextitem" -> item(index + 1, "there is no next item");
            default -> METHODS.containsKey(name) ? new Builtin.Bound(this, METHODS.get(name)) : null;
        };
    }

    private Value item(int at, String missing) {
        return at >= 0 && at < items.size() ? items.get(at) : new Value.Undefined(missing);
    }

    private static Map<String, Builtin> methods() {
        var table = new HashMap<String, Builtin>();
        Builtin.raw(table, "cycle", (run, self, args) -> {
            if (args.count() == 0) {
                throw Failure.of("no items for cycling given");
            }
            return args.positional()[((Loop) self).index % args.count()];
        });
        Builtin.raw(table, "changed", (run, self, args) -> {
            Loop loop = (Loop) self;
            Args before = loop.lastSeen;
            loop.lastSeen = args;
            boolean same = before != null
                    && Operations.equal(
                            run,
                            Sequence.tuple(List.of(before.positional())),
                            Sequence.tuple(List.of(args.positional())));
            return Value.Bool.of(!same);
        });
        return Map.copyOf(table);
    }

    @Override
    public Value call(Run run, Args args) {
        if (again == null) {
            throw Failure.of("The loop must have the 'recursive' marker to be called recursively.");
        }
        return again.apply(run, args.bind("loop", List.of("iterable"), 1)[0]);
    }

    @Override
    public String name() {
        return "loop";
    }

    @Override
    public boolean truthy() {
        return true;
    }

    @Override
    public String typeName() {
        return "LoopContext";
    }
}
