package dev.martlet.grammar;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** A JSON array: items by their place, within bounds on their number, some of which must be of a certain kind. */
final class ArrayNode extends Node {

    /** By place (the last one stands for all behind), then by set of witnesses. */
    private final List<List<Node>> items;

    private final ItemOptions options;
    private final JsonLayout layout;
    /** From this count on, all counts are alike when there is no upper bound. */
    private final int far;

    private final ConcurrentHashMap<Long, Frame> frames = new ConcurrentHashMap<>();

    /** @param items what the options that can be are; the others are not looked at */
    ArrayNode(List<List<Node>> items, ItemOptions options, JsonLayout layout) {
        this.items = items;
        this.options = options;
        this.layout = layout;
        this.far = Math.max(1, Math.max(options.firstPlaces(), options.min()));
    }

    @Override
    void open(StackSet rest, Closure out) {
        Lexer bracket = layout.openArray();
        out.add(bracket.frame(bracket.start()), out.pool().pushed(frame(0, options.allWitnesses(), false), rest));
    }

    private Frame frame(int count, int pending, boolean comma) {
        int kept = options.max() == Rx.UNBOUNDED ? Math.min(count, far) : count;
        long key = ((long) kept << 8 | pending) << 1 | (comma ? 1 : 0);
        return frames.computeIfAbsent(key, k -> comma ? new Comma(kept, pending) : new Items(kept, pending));
    }

    /** Whether the next item may be a witness of these, and the array still be finished. */
    private boolean may(int count, int pending, int subset) {
        return (subset & ~pending) == 0
                && count < options.max()
                && options.can(count, subset)
                && options.feasible(count + 1, pending & ~subset);
    }

    private void openItem(int count, int pending, StackSet rest, Closure out) {
        List<Node> kinds = items.get(Math.min(count, options.firstPlaces()));
        for (int subset = 0; subset < kinds.size(); subset++) {
            if (may(count, pending, subset)) {
                kinds.get(subset).open(out.pool().pushed(frame(count + 1, pending & ~subset, false), rest), out);
            }
        }
    }

    /** So many items are read, and no comma behind them. */
    private final class Items extends Frame {

        private final int count;
        private final int pending;

        Items(int count, int pending) {
            this.count = count;
            this.pending = pending;
        }

        @Override
        void resume(int label, StackSet rest, Closure out) {
            if (count >= options.min() && pending == 0) {
                Lexer close = count == 0 ? JsonText.CLOSE_ARRAY : layout.closeArray();
                out.add(close.frame(close.start()), rest);
            }
            if (count == 0) {
                openItem(0, pending, rest, out);
                return;
            }
            for (int subset = 0; subset <= pending; subset++) {
                if (may(count, pending, subset)) {
                    Lexer comma = layout.comma();
                    out.add(comma.frame(comma.start()), out.pool().pushed(frame(count, pending, true), rest));
                    return;
                }
            }
        }
    }

    /** So many items are read, and a comma. */
    private final class Comma extends Frame {

        private final int count;
        private final int pending;

        Comma(int count, int pending) {
            this.count = count;
            this.pending = pending;
        }

        @Override
        void resume(int label, StackSet rest, Closure out) {
            openItem(count, pending, rest, out);
        }
    }
}
