package dev.martlet.chat.template;

import java.util.ArrayList;

/** A compiled expression. */
abstract class Expression extends Node {
    Expression(Source source, int offset) {
        super(source, offset);
    }

    abstract Value eval(Frame frame);

    /** Prints the value. */
    void emit(Frame frame) {
        Printer.print(frame.run, eval(frame), frame.out);
    }

    /** A constant. */
    static final class Literal extends Expression {
        final Value value;

        Literal(Source source, int offset, Value value) {
            super(source, offset);
            this.value = value;
        }

        @Override
        Value eval(Frame frame) {
            return value;
        }
    }

    /** A variable; linked when all scopes are known. */
    static final class Name extends Expression {
        final String name;
        private final Value undefined;
        private int hops;
        private int slot;

        Name(Source source, int offset, String name) {
            super(source, offset);
            this.name = name;
            this.undefined = Value.Undefined.ofName(name);
        }

        void link(Scope.Address address) {
            hops = address.hops();
            slot = address.slot();
        }

        @Override
        Value eval(Frame frame) {
            Value value = hops == 0 ? frame.slots[slot] : frame.load(hops, slot);
            return value != null ? value : undefined;
        }
    }

    /** A list or tuple. */
    static final class ItemsOf extends Expression {
        final Expression[] items;
        private final boolean tuple;

        ItemsOf(Source source, int offset, Expression[] items, boolean tuple) {
            super(source, offset);
            this.items = children(items);
            this.tuple = tuple;
        }

        @Override
        Value eval(Frame frame) {
            try {
                frame.run.elements(items.length + 1L);
            } catch (Failure e) {
                throw at(e);
            }
            var values = new ArrayList<Value>(items.length);
            for (Expression item : items) {
                values.add(item.eval(frame));
            }
            return tuple ? Sequence.tuple(values) : Sequence.list(values);
        }
    }

    /** A dict. */
    static final class DictOf extends Expression {
        private final Expression[] keys;
        private final Expression[] values;

        DictOf(Source source, int offset, Expression[] keys, Expression[] values) {
            super(source, offset);
            this.keys = children(keys);
            this.values = children(values);
        }

        @Override
        Value eval(Frame frame) {
            try {
                frame.run.elements(keys.length + 1L);
                var dict = new Dict(keys.length);
                for (int i = 0; i < keys.length; i++) {
                    dict.put(keys[i].eval(frame), values[i].eval(frame));
                }
                return dict;
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** {@code object.name}. */
    static final class Attribute extends Expression {
        final Expression object;
        final String name;
        private final Text key;

        Attribute(Source source, int offset, Expression object, String name) {
            super(source, offset);
            this.object = child(object);
            this.name = name;
            this.key = Text.trusted(name);
        }

        @Override
        Value eval(Frame frame) {
            Value value = object.eval(frame);
            try {
                frame.run.step();
                return Access.attribute(frame.run, value, name, key);
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** {@code object[key]}. */
    static final class Item extends Expression {
        private final Expression object;
        private final Expression key;

        Item(Source source, int offset, Expression object, Expression key) {
            super(source, offset);
            this.object = child(object);
            this.key = child(key);
        }

        @Override
        Value eval(Frame frame) {
            Value value = object.eval(frame);
            Value wanted = key.eval(frame);
            try {
                frame.run.step();
                return Access.item(frame.run, value, wanted);
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** {@code object[start:stop:step]}; parts left out are null. */
    static final class Slice extends Expression {
        private final Expression object;
        private final Expression start;
        private final Expression stop;
        private final Expression step;

        Slice(Source source, int offset, Expression object, Expression start, Expression stop, Expression step) {
            super(source, offset);
            this.object = child(object);
            this.start = child(start);
            this.stop = child(stop);
            this.step = child(step);
        }

        @Override
        Value eval(Frame frame) {
            Value value = object.eval(frame);
            Value from = start == null ? null : start.eval(frame);
            Value to = stop == null ? null : stop.eval(frame);
            Value by = step == null ? null : step.eval(frame);
            try {
                frame.run.step();
                return Access.slice(frame.run, value, from, to, by);
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** {@code then if condition else otherwise}. */
    static final class Conditional extends Expression {
        private static final Value NO_ELSE =
                new Value.Undefined("the inline if-expression evaluated to false and no else section was defined.");
        private final Expression condition;
        private final Expression then;
        private final Expression otherwise;

        Conditional(Source source, int offset, Expression condition, Expression then, Expression otherwise) {
            super(source, offset);
            this.condition = child(condition);
            this.then = child(then);
            this.otherwise = child(otherwise);
        }

        @Override
        Value eval(Frame frame) {
            if (condition.eval(frame).truthy()) {
                return then.eval(frame);
            }
            return otherwise == null ? NO_ELSE : otherwise.eval(frame);
        }

        @Override
        void emit(Frame frame) {
            if (condition.eval(frame).truthy()) {
                then.emit(frame);
            } else if (otherwise != null) {
                otherwise.emit(frame);
            }
        }
    }

    /** {@code and} or {@code or} of two or more; gives the operand that decided. */
    static final class Logical extends Expression {
        private final Expression[] operands;
        private final boolean or;

        Logical(Source source, int offset, Expression[] operands, boolean or) {
            super(source, offset);
            this.operands = children(operands);
            this.or = or;
        }

        @Override
        Value eval(Frame frame) {
            try {
                frame.run.work(operands.length);
            } catch (Failure e) {
                throw at(e);
            }
            Value value = operands[0].eval(frame);
            for (int i = 1; i < operands.length && value.truthy() != or; i++) {
                value = operands[i].eval(frame);
            }
            return value;
        }
    }

    /** {@code not operand}. */
    static final class Not extends Expression {
        private final Expression operand;

        Not(Source source, int offset, Expression operand) {
            super(source, offset);
            this.operand = child(operand);
        }

        @Override
        Value eval(Frame frame) {
            return Value.Bool.of(!operand.eval(frame).truthy());
        }
    }

    /** A chain of comparisons. */
    static final class Compare extends Expression {
        private final Expression[] operands;
        private final String[] operators;

        Compare(Source source, int offset, Expression[] operands, String[] operators) {
            super(source, offset);
            this.operands = children(operands);
            this.operators = operators;
        }

        @Override
        Value eval(Frame frame) {
            Value left = operands[0].eval(frame);
            for (int i = 0; i < operators.length; i++) {
                Value right = operands[i + 1].eval(frame);
                try {
                    frame.run.step();
                    if (!holds(frame.run, operators[i], left, right)) {
                        return Value.Bool.FALSE;
                    }
                } catch (Failure e) {
                    throw at(e);
                }
                left = right;
            }
            return Value.Bool.TRUE;
        }

        private static boolean holds(Run run, String operator, Value left, Value right) {
            return switch (operator) {
                case "==" -> Operations.equal(run, left, right);
                case "!=" -> !Operations.equal(run, left, right);
                case "in" -> Operations.contains(run, right, left);
                case "not in" -> !Operations.contains(run, right, left);
                case "<" -> Operations.compare(run, operator, left, right) < 0;
                case "<=" -> Operations.compare(run, operator, left, right) <= 0;
                case ">" -> Operations.compare(run, operator, left, right) > 0;
                case ">=" -> Operations.compare(run, operator, left, right) >= 0;
                default -> throw new AssertionError(operator);
            };
        }
    }

    /** What a block prints, as a string. */
    static final class Capture extends Expression {
        private final Statement.Block body;

        Capture(Source source, int offset, Statement.Block body) {
            super(source, offset);
            this.body = child(body);
        }

        @Override
        Value eval(Frame frame) {
            TextBuilder outer = frame.out;
            frame.out = new TextBuilder(frame.run);
            body.exec(frame);
            Text captured = frame.out.toText();
            frame.out = outer;
            return captured;
        }
    }
}
