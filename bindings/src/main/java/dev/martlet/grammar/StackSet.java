package dev.martlet.grammar;

/**
 * All the stacks that the text so far may have led to, as a persistent, shared tree: the possible top frames, each with
 * the set of stacks below it. The empty stack, at which the whole grammar is read, is in the set when {@code end}.
 *
 * <p>Because equal parts are shared, an ambiguous grammar costs space in its depth and not in its number of readings.
 * Immutable but for a cache; safe from any thread.
 */
final class StackSet {

    private static final Frame[] NO_FRAMES = {};
    private static final StackSet[] NO_SETS = {};

    /** Nothing below: only the empty stack. */
    static final StackSet BOTTOM = new StackSet(NO_FRAMES, NO_SETS, true);

    /** No stack at all: the text is refused. */
    static final StackSet REFUSED = new StackSet(NO_FRAMES, NO_SETS, false);

    final Frame[] frames;
    final StackSet[] rests;
    final boolean end;
    private final int hash;

    /** What comes after each byte; filled as asked for. A race computes the same set twice. */
    private StackSet[] next;

    /** @param frames rising in their ids; taken over */
    StackSet(Frame[] frames, StackSet[] rests, boolean end) {
        this.frames = frames;
        this.rests = rests;
        this.end = end;
        int h = end ? 1 : 0;
        for (int i = 0; i < frames.length; i++) {
            h = (h * 31 + frames[i].id) * 31 + rests[i].hash;
        }
        this.hash = h;
    }

    boolean isRefused() {
        return frames.length == 0 && !end;
    }

    boolean waitsForSpecial() {
        for (Frame frame : frames) {
            if (frame instanceof SpecialFrame) {
                return true;
            }
        }
        return false;
    }

    /** The set after one more byte; {@link #REFUSED} where no stack takes it. */
    StackSet after(int b, StackPool pool) {
        StackSet[] known = next;
        if (known == null) {
            known = new StackSet[256];
            next = known;
        }
        StackSet set = known[b];
        if (set == null) {
            set = step(b, pool);
            known[b] = set;
        }
        return set;
    }

    private StackSet step(int b, StackPool pool) {
        Closure out = null;
        for (int i = 0; i < frames.length; i++) {
            if (frames[i] instanceof WordFrame word) {
                Lexer lexer = word.lexer;
                int state = lexer.step(word.state, b);
                if (state >= 0) {
                    out = out == null ? new Closure(pool) : out;
                    if (!lexer.stuck(state)) {
                        out.add(lexer.frame(state), rests[i]);
                    }
                    int label = lexer.label(state);
                    if (label >= 0) {
                        out.resume(label, rests[i]);
                    }
                }
            }
        }
        return out == null ? REFUSED : out.set();
    }

    /** The set after the control token that is spelled {@code spelling}. */
    StackSet afterSpecial(String spelling, StackPool pool) {
        Closure out = new Closure(pool);
        for (int i = 0; i < frames.length; i++) {
            if (frames[i] instanceof SpecialFrame special && special.spelling.equals(spelling)) {
                out.resume(0, rests[i]);
            }
        }
        return out.set();
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Equal tops over the same sets; below the top, identity is enough, since a {@link StackPool} shares what is equal. */
    @Override
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        if (!(other instanceof StackSet o) || hash != o.hash || end != o.end || frames.length != o.frames.length) {
            return false;
        }
        for (int i = 0; i < frames.length; i++) {
            if (frames[i] != o.frames[i] || rests[i] != o.rests[i]) {
                return false;
            }
        }
        return true;
    }
}
