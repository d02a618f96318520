package dev.martlet.chat.template;

import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The functions a template finds without a context. */
final class Globals {
    /** As in Jinja's sandbox. */
    private static final long MAX_RANGE = 100_000;

    static final Map<String, Value> TABLE = table();

    private Globals() {}

    private static Map<String, Value> table() {
        var builtins = new HashMap<String, Builtin>();
        Builtin.define(builtins, "range", "start / stop step", (run, self, args) -> range(run, args));
        Builtin.raw(builtins, "dict", (run, self, args) -> dict(run, args));
        Builtin.raw(builtins, "namespace", (run, self, args) -> {
            var namespace = new Value.Namespace();
            for (var entry : dict(run, args).entries().entrySet()) {
                namespace.attributes.put(Builtin.string(entry.getKey()).string, entry.getValue());
            }
            return namespace;
        });
        Builtin.define(builtins, "raise_exception", "message", (run, self, args) -> {
            throw Failure.raised(Printer.string(run, args[0]).string);
        });
        Builtin.define(builtins, "strftime_now", "format", (run, self, args) -> {
            String format = Builtin.string(args[0]).string;
            run.allocate(format.length() * 32L);
            run.work(format.length());
            return Text.trusted(TimeFormat.format(format, ZonedDateTime.now(run.clock)));
        });
        var table = new HashMap<String, Value>();
        builtins.forEach((name, builtin) -> table.put(name, new Builtin.Function(builtin)));
        return Map.copyOf(table);
    }

    private static Value range(Run run, Value[] args) {
        long start = args[1] == null ? 0 : Operations.index(args[0]);
        long stop = Operations.index(args[1] == null ? args[0] : args[1]);
        long step = args[2] == null ? 1 : Operations.index(args[2]);
        if (step == 0) {
            throw Failure.of("range() arg 3 must not be zero");
        }
        double length = Math.max(0, Math.ceil(((double) stop - start) / step));
        if (length > MAX_RANGE) {
            throw Failure.limit("Range too big. The sandbox blocks ranges larger than " + MAX_RANGE + ".");
        }
        run.elements((long) length);
        var items = new ArrayList<Value>((int) length);
        for (int i = 0; i < (int) length; i++) {
            items.add(Value.Int.of(start + i * step));
        }
        String label = "range(" + start + ", " + stop + (step == 1 ? ")" : ", " + step + ")");
        return Sequence.range(label, items);
    }

    /** Python's {@code dict(...)}: a mapping or pairs, then keywords. */
    static Dict dict(Run run, Args args) {
        var dict = new Dict();
        if (args.count() > 1) {
            throw Failure.of("dict expected at most 1 argument, got " + args.count());
        }
        if (args.count() == 1) {
            if (args.positional()[0] instanceof Dict source) {
                run.elements(source.entries().size());
                dict.entries().putAll(source.entries());
            } else {
                for (Value pair : Operations.iterate(run, args.positional()[0])) {
                    List<Value> both = Operations.iterate(run, pair);
                    if (both.size() != 2) {
                        throw Failure.of(
                                "dictionary update sequence element has length " + both.size() + "; 2 is required");
                    }
                    run.elements(1);
                    dict.put(both.get(0), both.get(1));
                }
            }
        }
        run.elements(args.names().length);
        for (int i = 0; i < args.names().length; i++) {
            dict.put(Text.trusted(args.names()[i]), args.named()[i]);
        }
        return dict;
    }
}
