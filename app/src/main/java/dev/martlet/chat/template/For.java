package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.List;

/** A compiled {@code for}. */
final class For extends Statement {
    private final Target target;
    private final Expression items;
    private final Expression test;
    private final Block body;
    private final Block otherwise;
    private final Scope scope;
    private final int loopSlot;
    private final boolean recursive;
    private boolean usesLoop;

    /**
     * @param test null where every item is taken
     * @param otherwise what runs when no item was taken, or null
     * @param scope the block of the target and {@code loop}
     */
    For(
            Source source,
            int offset,
            Target target,
            Expression items,
            Expression test,
            Block body,
            Block otherwise,
            Scope scope,
            boolean recursive) {
        super(source, offset);
        this.target = target;
        this.items = child(items);
        this.test = child(test);
        this.body = child(body);
        this.otherwise = child(otherwise);
        this.scope = scope;
        this.loopSlot = scope.declare("loop");
        this.recursive = recursive;
    }

    /** Called once all names are resolved. */
    void link() {
        usesLoop = scope.reads("loop");
    }

    @Override
    Flow exec(Frame frame) {
        Value walked = items.eval(frame);
        if (recursive) {
            level(frame, walked, frame.out, 0);
        } else if (!walk(frame, Operations.iterate(frame.run, walked), null, 0) && otherwise != null) {
            return otherwise.exec(frame);
        }
        return Flow.NEXT;
    }

    /** One level of a recursive loop, in a frame of its own. */
    private void level(Frame outer, Value walked, TextBuilder out, int depth) {
        outer.run.enter(height());
        int slots = scope.unit().slots();
        outer.run.allocate((long) slots * Run.ELEMENT);
        var frame = new Frame(outer.run, outer, slots, out);
        if (!walk(frame, Operations.iterate(outer.run, walked), outer, depth) && otherwise != null) {
            TextBuilder saved = outer.out;
            outer.out = out;
            otherwise.exec(outer);
            outer.out = saved;
        }
        outer.run.leave(height());
    }

    /** Runs the body for the items; false where there was none. */
    private boolean walk(Frame frame, List<Value> all, Frame outer, int depth) {
        if (!usesLoop) {
            return walkPlain(frame, all);
        }
        List<Value> taken = test == null ? all : filtered(frame, all);
        var loop = new Loop(
                taken,
                depth,
                outer == null
                        ? null
                        : (run, value) -> {
                            var captured = new TextBuilder(run);
                            level(outer, value, captured, depth + 1);
                            return captured.toText();
                        });
        int count = taken.size();
        for (int i = 0; i < count && i < taken.size(); i++) {
            frame.run.step();
            loop.moveTo(i);
            frame.slots[loopSlot] = loop;
            target.assign(frame, taken.get(i));
            if (body.exec(frame) == Flow.BREAK) {
                break;
            }
        }
        return count > 0;
    }

    private boolean walkPlain(Frame frame, List<Value> all) {
        boolean any = false;
        // A list that the body appends to does not make the loop longer.
        int count = all.size();
        for (int i = 0; i < count && i < all.size(); i++) {
            frame.run.step();
            target.assign(frame, all.get(i));
            if (test != null && !test.eval(frame).truthy()) {
                continue;
            }
            any = true;
            if (body.exec(frame) == Flow.BREAK) {
                break;
            }
        }
        return any;
    }

    private List<Value> filtered(Frame frame, List<Value> all) {
        var taken = new ArrayList<Value>();
        for (int i = 0; i < all.size(); i++) {
            frame.run.elements(1);
            target.assign(frame, all.get(i));
            if (test.eval(frame).truthy()) {
                taken.add(all.get(i));
            }
        }
        return taken;
    }
}
