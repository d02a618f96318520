package dev.martlet.chat.template;

import java.util.List;

/** What an assignment assigns to. */
sealed interface Target {

    /** Assigns a value. */
    void assign(Frame frame, Value value);

    /** A variable of the block's own frame. */
    record Variable(int slot) implements Target {
        @Override
        public void assign(Frame frame, Value value) {
            frame.slots[slot] = value;
        }
    }

    /** Several targets for as many items. */
    record Unpacked(List<Target> targets) implements Target {
        @Override
        public void assign(Frame frame, Value value) {
            List<Value> items = Operations.iterate(frame.run, value);
            if (items.size() != targets.size()) {
                throw Failure.of(
                        items.size() < targets.size()
                                ? "not enough values to unpack (expected " + targets.size() + ", got " + items.size()
                                        + ")"
                                : "too many values to unpack (expected " + targets.size() + ")");
            }
            for (int i = 0; i < items.size(); i++) {
                targets.get(i).assign(frame, items.get(i));
            }
        }
    }

    /** An attribute of a namespace. */
    record Field(Expression.Name namespace, String name) implements Target {
        @Override
        public void assign(Frame frame, Value value) {
            if (!(namespace.eval(frame) instanceof Value.Namespace object)) {
                throw Failure.of("cannot assign attribute on non-namespace object");
            }
            frame.run.allocate(Run.ELEMENT);
            object.attributes.put(name, value);
        }
    }
}
