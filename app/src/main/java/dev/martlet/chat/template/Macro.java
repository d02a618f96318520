package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A macro as a value: its definition and the frame it was defined in. */
record Macro(Definition definition, Frame closure) implements Value.Callable {

    /** A macro as compiled. */
    static final class Definition extends Node {
        private final String name;
        private final List<String> parameters;
        /** Parallel to the parameters; null where one has no default. */
        private final Expression[] defaults;

        private final int[] slots;
        private final Statement.Block body;
        private final Scope scope;
        private int caller = -1;
        private int varargs = -1;
        private int kwargs = -1;

        Definition(
                Source source,
                int offset,
                String name,
                List<String> parameters,
                Expression[] defaults,
                Statement.Block body,
                Scope scope) {
            super(source, offset);
            this.name = name;
            this.parameters = List.copyOf(parameters);
            this.defaults = defaults;
            for (Expression expression : defaults) {
                child(expression);
            }
            this.slots = parameters.stream().mapToInt(scope::declare).toArray();
            this.body = child(body);
            this.scope = scope;
        }

        /** Called once all names are resolved: the special variables exist where the body reads them. */
        void link() {
            caller = special("caller");
            varargs = special("varargs");
            kwargs = special("kwargs");
        }

        private int special(String special) {
            boolean read = scope.reads(special) && !parameters.contains(special);
            return read ? scope.slots().get(special) : -1;
        }
    }

    @Override
    public String name() {
        return definition.name;
    }

    @Override
    public Value call(Run run, Args args) {
        Definition macro = definition;
        int height = macro.height() + 1;
        run.enter(height);
        run.allocate((long) macro.scope.unit().slots() * Run.ELEMENT + 64);
        var frame = new Frame(run, closure, macro.scope.unit().slots(), new TextBuilder(run));
        bind(frame, args);
        macro.body.exec(frame);
        run.leave(height);
        return frame.out.toText();
    }

    private void bind(Frame frame, Args args) {
        Definition macro = definition;
        int count = macro.parameters.size();
        Value[] given = args.positional();
        if (given.length > count && macro.varargs < 0) {
            throw Failure.of("macro '" + macro.name + "' takes not more than " + count + " argument(s)");
        }
        for (int i = 0; i < Math.min(count, given.length); i++) {
            frame.slots[macro.slots[i]] = given[i];
        }
        if (macro.varargs >= 0) {
            Value[] more = Arrays.copyOfRange(given, Math.min(count, given.length), given.length);
            frame.slots[macro.varargs] = Sequence.tuple(new ArrayList<>(List.of(more)));
        }
        bindNamed(frame, args);
        for (int i = 0; i < count; i++) {
            if (frame.slots[macro.slots[i]] == null) {
                frame.slots[macro.slots[i]] = macro.defaults[i] != null
                        ? macro.defaults[i].eval(frame)
                        : new Value.Undefined("parameter '" + macro.parameters.get(i) + "' was not provided");
            }
        }
    }

    private void bindNamed(Frame frame, Args args) {
        Definition macro = definition;
        var rest = new Dict();
        boolean called = false;
        for (int i = 0; i < args.names().length; i++) {
            String name = args.names()[i];
            int index = macro.parameters.indexOf(name);
            if (index >= 0) {
                if (index < args.count()) {
                    throw Failure.of("macro '" + macro.name + "' got multiple values for argument '" + name + "'");
                }
                frame.slots[macro.slots[index]] = args.named()[i];
            } else if (name.equals("caller") && macro.caller >= 0) {
                frame.slots[macro.caller] = args.named()[i];
                called = true;
            } else if (macro.kwargs >= 0) {
                rest.put(Text.trusted(name), args.named()[i]);
            } else {
                throw Failure.of("macro '" + macro.name + "' takes no keyword argument '" + name + "'");
            }
        }
        if (macro.kwargs >= 0) {
            frame.slots[macro.kwargs] = rest;
        }
        if (macro.caller >= 0 && !called) {
            frame.slots[macro.caller] = new Value.Undefined("No caller defined");
        }
    }

    // Identity: two macros are never one value, and a closure may hold itself.

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
