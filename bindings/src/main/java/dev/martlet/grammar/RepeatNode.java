package dev.martlet.grammar;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** A construct several times over. */
final class RepeatNode extends Node {

    final Node item;
    final int min;
    final int max;
    private final ConcurrentHashMap<Integer, Frame> frames = new ConcurrentHashMap<>();

    /** @param max {@link Rx#UNBOUNDED} for no bound */
    RepeatNode(Node item, int min, int max) {
        this.item = item;
        this.min = min;
        this.max = max;
    }

    @Override
    List<Node> parts() {
        return List.of(item);
    }

    @Override
    void open(StackSet rest, Closure out) {
        after(0).resume(0, rest, out);
    }

    private Frame after(int count) {
        // Without an upper bound, counts from the lower one on are alike.
        int kept = max == Rx.UNBOUNDED ? Math.min(count, min) : count;
        return frames.computeIfAbsent(kept, Count::new);
    }

    private final class Count extends Frame {

        private final int count;

        Count(int count) {
            this.count = count;
        }

        @Override
        void resume(int label, StackSet rest, Closure out) {
            if (!out.enter(this, rest)) {
                return;
            }
            if (count >= min) {
                out.resume(0, rest);
            }
            if (count < max) {
                item.open(out.pool().pushed(after(count + 1), rest), out);
            }
        }
    }
}
