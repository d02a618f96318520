package dev.martlet.chat.template;

/** The variables of one call of a {@link Scope.Unit}, and where its output goes. */
final class Frame {
    final Run run;
    final Frame parent;
    final Value[] slots;
    TextBuilder out;

    Frame(Run run, Frame parent, int slots, TextBuilder out) {
        this.run = run;
        this.parent = parent;
        this.slots = new Value[slots];
        this.out = out;
    }

    /** The value of a name, or null where it has none. */
    Value load(int hops, int slot) {
        Frame frame = this;
        for (int i = 0; i < hops; i++) {
            frame = frame.parent;
        }
        return frame.slots[slot];
    }

    /** Gives a block's own names their surroundings' values; see {@link Scope#inheritance()}. */
    void inherit(int[] moves) {
        for (int i = 0; i < moves.length; i += 3) {
            slots[moves[i]] = load(moves[i + 1], moves[i + 2]);
        }
    }
}
