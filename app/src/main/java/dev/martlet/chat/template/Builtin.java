package dev.martlet.chat.template;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A filter, test, method or function written in Java, with its parameters. */
final class Builtin {
    /** The body; {@code args} holds one value a parameter, null where none was given. */
    interface Body {
        Value call(Run run, Value self, Value[] args);
    }

    /** A body that takes the arguments as they come. */
    interface RawBody {
        Value call(Run run, Value self, Args args);
    }

    private final String name;
    private final RawBody body;

    private Builtin(String name, RawBody body) {
        this.name = name;
        this.body = body;
    }

    String name() {
        return name;
    }

    Value call(Run run, Value self, Args args) {
        return body.call(run, self, args);
    }

    /**
     * Adds a builtin.
     *
     * @param parameters names separated by blanks; those after a {@code /} may be left out
     */
    static void define(Map<String, Builtin> table, String name, String parameters, Body body) {
        String[] halves = parameters.split("/", -1);
        List<String> required = words(halves[0]);
        List<String> all = words(parameters.replace('/', ' '));
        int count = required.size();
        raw(table, name, (run, self, args) -> {
            Value[] bound = args.names().length == 0 && args.count() == all.size()
                    ? args.positional()
                    : args.bind(name, all, count);
            return body.call(run, self, bound);
        });
    }

    static void raw(Map<String, Builtin> table, String name, RawBody body) {
        table.put(name, new Builtin(name, body));
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.trim().split("\\s+"))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** A method taken from its object without calling it. */
    record Bound(Value self, Builtin method) implements Value.Callable {
        @Override
        public Value call(Run run, Args args) {
            return method.call(run, self, args);
        }

        @Override
        public String name() {
            return method.name;
        }

        @Override
        public String typeName() {
            return "builtin_function_or_method";
        }
    }

    /** A global function. */
    record Function(Builtin builtin) implements Value.Callable {
        @Override
        public Value call(Run run, Args args) {
            return builtin.call(run, Value.None.NONE, args);
        }

        @Override
        public String name() {
            return builtin.name;
        }
    }

    // Conversions of arguments, for bodies.

    static boolean flag(Value argument, boolean otherwise) {
        return argument == null ? otherwise : argument.truthy();
    }

    static int integer(Value argument, int otherwise) {
        if (argument == null) {
            return otherwise;
        }
        return Math.clamp(Operations.index(argument), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    static Text string(Value argument, Text otherwise) {
        return argument == null ? otherwise : string(argument);
    }

    static Text string(Value argument) {
        if (argument instanceof Text text) {
            return text;
        }
        throw Failure.type("expected str", argument);
    }
}
