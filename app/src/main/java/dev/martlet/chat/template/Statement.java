package dev.martlet.chat.template;

/** A compiled statement. */
abstract class Statement extends Node {
    /** How a statement ended. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    Statement(Source source, int offset) {
        super(source, offset);
    }

    abstract Flow exec(Frame frame);

    /** Statements in order. */
    static final class Block extends Statement {
        private final Statement[] statements;
        private int[] inheritance = {};

        Block(Source source, int offset, Statement[] statements) {
            super(source, offset);
            this.statements = children(statements);
        }

        void link(Scope scope) {
            inheritance = scope.inheritance();
        }

        @Override
        Flow exec(Frame frame) {
            frame.inherit(inheritance);
            int i = 0;
            try {
                for (; i < statements.length; i++) {
                    frame.run.step();
                    Flow flow = statements[i].exec(frame);
                    if (flow != Flow.NEXT) {
                        return flow;
                    }
                }
            } catch (Failure e) {
                throw statements[i].at(e);
            }
            return Flow.NEXT;
        }
    }

    /** Template data. */
    static final class Data extends Statement {
        private final Text text;

        Data(Source source, int offset, String text) {
            super(source, offset);
            this.text = Text.trusted(text);
        }

        @Override
        Flow exec(Frame frame) {
            frame.out.append(text);
            return Flow.NEXT;
        }
    }

    /** <code>{{ value }}</code>. */
    static final class Print extends Statement {
        private final Expression value;

        Print(Source source, int offset, Expression value) {
            super(source, offset);
            this.value = child(value);
        }

        @Override
        Flow exec(Frame frame) {
            value.emit(frame);
            return Flow.NEXT;
        }
    }

    /** {@code if}, {@code elif}, {@code else}; a condition that is null always holds. */
    static final class If extends Statement {
        private final Expression[] conditions;
        private final Block[] bodies;

        If(Source source, int offset, Expression[] conditions, Block[] bodies) {
            super(source, offset);
            for (Expression condition : conditions) {
                child(condition);
            }
            this.conditions = conditions;
            this.bodies = children(bodies);
        }

        @Override
        Flow exec(Frame frame) {
            frame.run.work(conditions.length >> 4);
            for (int i = 0; i < conditions.length; i++) {
                if (conditions[i] == null || conditions[i].eval(frame).truthy()) {
                    return bodies[i].exec(frame);
                }
            }
            return Flow.NEXT;
        }
    }

    /** {@code set target = value}. */
    static final class Assign extends Statement {
        private final Target target;
        private final Expression value;

        Assign(Source source, int offset, Target target, Expression value) {
            super(source, offset);
            this.target = target;
            this.value = child(value);
        }

        @Override
        Flow exec(Frame frame) {
            target.assign(frame, value.eval(frame));
            return Flow.NEXT;
        }
    }

    /** {@code with}: its values are taken outside, its targets live inside. */
    static final class With extends Statement {
        private final Target[] targets;
        private final Expression[] values;
        private final Block body;

        With(Source source, int offset, Target[] targets, Expression[] values, Block body) {
            super(source, offset);
            this.targets = targets;
            this.values = children(values);
            this.body = child(body);
        }

        @Override
        Flow exec(Frame frame) {
            for (int i = 0; i < targets.length; i++) {
                targets[i].assign(frame, values[i].eval(frame));
            }
            return body.exec(frame);
        }
    }

    /** A block without an effect of its own on the output, such as {@code generation}. */
    static final class Group extends Statement {
        private final Block body;

        Group(Source source, int offset, Block body) {
            super(source, offset);
            this.body = child(body);
        }

        @Override
        Flow exec(Frame frame) {
            return body.exec(frame);
        }
    }

    /** {@code break} or {@code continue}. */
    static final class Jump extends Statement {
        private final Flow flow;

        Jump(Source source, int offset, Flow flow) {
            super(source, offset);
            this.flow = flow;
        }

        @Override
        Flow exec(Frame frame) {
            return flow;
        }
    }

    /** {@code macro}: gives a name to a {@link Macro}. */
    static final class Define extends Statement {
        private final int slot;
        private final Macro.Definition definition;

        Define(Source source, int offset, int slot, Macro.Definition definition) {
            super(source, offset);
            this.slot = slot;
            this.definition = child(definition);
        }

        @Override
        Flow exec(Frame frame) {
            frame.slots[slot] = new Macro(definition, frame);
            return Flow.NEXT;
        }
    }

    /** {@code call}: calls a macro and hands it the block as {@code caller}. */
    static final class CallBlock extends Statement {
        private final Invocation.Call call;
        private final Macro.Definition body;

        CallBlock(Source source, int offset, Invocation.Call call, Macro.Definition body) {
            super(source, offset);
            this.call = child(call);
            this.body = child(body);
        }

        @Override
        Flow exec(Frame frame) {
            Printer.print(frame.run, call.evalWith(frame, "caller", new Macro(body, frame)), frame.out);
            return Flow.NEXT;
        }
    }
}
