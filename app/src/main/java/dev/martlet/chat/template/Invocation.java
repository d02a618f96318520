package dev.martlet.chat.template;

import java.util.Arrays;
import java.util.List;

/** Compiled calls, filters and tests. */
abstract class Invocation extends Expression {
    final Arguments arguments;

    Invocation(Source source, int offset, Arguments arguments) {
        super(source, offset);
        this.arguments = arguments;
        children(arguments.positional);
        children(arguments.named);
        child(arguments.moreItems);
        child(arguments.moreNamed);
    }

    /** The arguments as written; {@code *moreItems} and {@code **moreNamed} may be null. */
    record Arguments(
            Expression[] positional, String[] names, Expression[] named, Expression moreItems, Expression moreNamed) {
        static final Arguments NONE = new Arguments(new Expression[0], new String[0], new Expression[0], null, null);

        Args eval(Frame frame) {
            if (this == NONE) {
                return Args.NONE;
            }
            Value[] items = values(positional, frame);
            if (moreItems == null && moreNamed == null && names.length == 0) {
                return Args.of(items);
            }
            Value[] keywords = values(named, frame);
            String[] all = names;
            if (moreItems != null) {
                List<Value> more = Operations.iterate(frame.run, moreItems.eval(frame));
                frame.run.elements(more.size());
                Value[] joined = Arrays.copyOf(items, items.length + more.size());
                for (int i = 0; i < more.size(); i++) {
                    joined[items.length + i] = more.get(i);
                }
                items = joined;
            }
            if (moreNamed != null) {
                if (!(moreNamed.eval(frame) instanceof Dict dict)) {
                    throw Failure.of("argument after ** must be a mapping");
                }
                int count = names.length;
                frame.run.elements(dict.entries().size());
                all = Arrays.copyOf(names, count + dict.entries().size());
                keywords = Arrays.copyOf(keywords, all.length);
                for (var entry : dict.entries().entrySet()) {
                    all[count] = Builtin.string(entry.getKey()).string;
                    keywords[count++] = entry.getValue();
                }
            }
            return new Args(items, all, keywords);
        }

        private static Value[] values(Expression[] expressions, Frame frame) {
            var values = new Value[expressions.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = expressions[i].eval(frame);
            }
            return values;
        }
    }

    static Value call(Frame frame, Value callee, Args args) {
        return switch (callee) {
            case Value.Callable function -> function.call(frame.run, args);
            case Value.Undefined undefined -> throw Failure.of(undefined.message());
            default -> throw Failure.of("'" + callee.typeName() + "' object is not callable");
        };
    }

    /** {@code callee(...)}. */
    static final class Call extends Invocation {
        private final Expression callee;

        Call(Source source, int offset, Expression callee, Arguments arguments) {
            super(source, offset, arguments);
            this.callee = child(callee);
        }

        @Override
        Value eval(Frame frame) {
            try {
                frame.run.step();
                Value function = callee.eval(frame);
                return call(frame, function, arguments.eval(frame));
            } catch (Failure e) {
                throw at(e);
            }
        }

        /** Calls with one more keyword argument, for {@code {% call %}}. */
        Value evalWith(Frame frame, String name, Value value) {
            try {
                frame.run.step();
                Value function = callee.eval(frame);
                Args args = arguments.eval(frame);
                String[] names = Arrays.copyOf(args.names(), args.names().length + 1);
                Value[] named = Arrays.copyOf(args.named(), names.length);
                names[names.length - 1] = name;
                named[names.length - 1] = value;
                return call(frame, function, new Args(args.positional(), names, named));
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** {@code object.name(...)}: a builtin method is called without being made a value first. */
    static final class MethodCall extends Invocation {
        private final Expression.Attribute callee;
        private final Builtin ofText;
        private final Builtin ofDict;
        private final Builtin ofList;

        MethodCall(Source source, int offset, Expression.Attribute callee, Arguments arguments) {
            super(source, offset, arguments);
            this.callee = callee;
            child(callee);
            ofText = Methods.STRING.get(callee.name);
            ofDict = Methods.DICT.get(callee.name);
            ofList = Methods.LIST.get(callee.name);
        }

        @Override
        Value eval(Frame frame) {
            Value object = callee.object.eval(frame);
            Builtin method = switch (object) {
                case Text text -> ofText;
                case Dict dict -> ofDict;
                case Sequence list when list.kind == Sequence.Kind.LIST -> ofList;
                default -> null;
            };
            try {
                frame.run.step();
                if (method != null) {
                    return method.call(frame.run, object, arguments.eval(frame));
                }
                Value function = Access.attribute(frame.run, object, callee.name, Text.trusted(callee.name));
                return call(frame, function, arguments.eval(frame));
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** {@code value|name(...)}. An unknown filter fails only when it is reached, as a template may guard it. */
    static final class Filter extends Invocation {
        private final Expression value;
        private final String name;
        private final Builtin filter;

        /** Without a value it filters what {@link #apply} is given. */
        Filter(Source source, int offset, Expression value, String name, Arguments arguments) {
            super(source, offset, arguments);
            this.value = child(value);
            this.name = name;
            this.filter = Filters.TABLE.get(name);
        }

        @Override
        Value eval(Frame frame) {
            return apply(frame, value.eval(frame));
        }

        private Value apply(Frame frame, Value input) {
            try {
                frame.run.step();
                if (filter == null) {
                    throw Failure.of("No filter named '" + name + "'.");
                }
                return filter.call(frame.run, input, arguments.eval(frame));
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** {@code value is name(...)}. */
    static final class Test extends Invocation {
        private final Expression value;
        private final String name;
        private final Builtin test;
        private final boolean negated;

        Test(Source source, int offset, Expression value, String name, Arguments arguments, boolean negated) {
            super(source, offset, arguments);
            this.value = child(value);
            this.name = name;
            this.test = Tests.TABLE.get(name);
            this.negated = negated;
        }

        @Override
        Value eval(Frame frame) {
            Value tested = value.eval(frame);
            try {
                frame.run.step();
                if (test == null) {
                    throw Failure.of("No test named '" + name + "'.");
                }
                return Value.Bool.of(
                        test.call(frame.run, tested, arguments.eval(frame)).truthy() != negated);
            } catch (Failure e) {
                throw at(e);
            }
        }
    }
}
