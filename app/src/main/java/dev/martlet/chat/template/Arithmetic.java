package dev.martlet.chat.template;

/** Compiled operators that make a value of their operands. */
abstract class Arithmetic extends Expression {
    Arithmetic(Source source, int offset) {
        super(source, offset);
    }

    /** {@code a + b + c}: where all are strings, one copy and no strings in between. */
    static final class Sum extends Arithmetic {
        private final Expression[] operands;

        Sum(Source source, int offset, Expression[] operands) {
            super(source, offset);
            this.operands = children(operands);
        }

        private Value[] values(Frame frame) {
            var values = new Value[operands.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = operands[i].eval(frame);
            }
            frame.run.work(values.length);
            return values;
        }

        private static boolean plainTexts(Value[] values) {
            for (Value value : values) {
                if (!(value instanceof Text text) || text.markup) {
                    return false;
                }
            }
            return true;
        }

        @Override
        Value eval(Frame frame) {
            try {
                Value[] values = values(frame);
                if (values.length > 2 && plainTexts(values)) {
                    var sum = new TextBuilder(frame.run);
                    for (Value value : values) {
                        sum.append((Text) value);
                    }
                    return sum.toText();
                }
                return stepwise(frame, values);
            } catch (Failure e) {
                throw at(e);
            }
        }

        private static Value stepwise(Frame frame, Value[] values) {
            Value sum = values[0];
            for (int i = 1; i < values.length; i++) {
                sum = Operations.add(frame.run, sum, values[i]);
            }
            return sum;
        }

        @Override
        void emit(Frame frame) {
            try {
                Value[] values = values(frame);
                if (plainTexts(values)) {
                    for (Value value : values) {
                        frame.out.append((Text) value);
                    }
                } else {
                    Printer.print(frame.run, stepwise(frame, values), frame.out);
                }
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** {@code a ~ b}: the strings of the operands, joined. */
    static final class Concat extends Arithmetic {
        private final Expression[] operands;

        Concat(Source source, int offset, Expression[] operands) {
            super(source, offset);
            this.operands = children(operands);
        }

        @Override
        Value eval(Frame frame) {
            try {
                var joined = new TextBuilder(frame.run);
                for (Expression operand : operands) {
                    frame.run.step();
                    Printer.print(frame.run, operand.eval(frame), joined);
                }
                return joined.toText();
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** One of the other operators. */
    static final class Binary extends Arithmetic {
        private final Operations.Arithmetic operator;
        private final Expression left;
        private final Expression right;

        Binary(Source source, int offset, Operations.Arithmetic operator, Expression left, Expression right) {
            super(source, offset);
            this.operator = operator;
            this.left = child(left);
            this.right = child(right);
        }

        @Override
        Value eval(Frame frame) {
            Value a = left.eval(frame);
            Value b = right.eval(frame);
            try {
                frame.run.step();
                return Operations.arithmetic(frame.run, operator, a, b);
            } catch (Failure e) {
                throw at(e);
            }
        }
    }

    /** {@code -a} or {@code +a}. */
    static final class Sign extends Arithmetic {
        private final Expression operand;
        private final boolean minus;

        Sign(Source source, int offset, Expression operand, boolean minus) {
            super(source, offset);
            this.operand = child(operand);
            this.minus = minus;
        }

        @Override
        Value eval(Frame frame) {
            Value value = operand.eval(frame);
            try {
                frame.run.step();
                return minus
                        ? Operations.negate(frame.run, value)
                        : Operations.arithmetic(frame.run, Operations.Arithmetic.ADD, Value.Int.of(0), value);
            } catch (Failure e) {
                throw at(e);
            }
        }
    }
}
