package dev.martlet.grammar;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Collects the stacks of one step and merges those with the same top frame. */
final class Closure {

    /** Most top frames of one set, and the deepest chain of rules without a byte read. */
    private static final int MOST_FRAMES = 5_000;

    /** From so many returns on, each is looked up before it is made once more. */
    private static final int FEW_RETURNS = 32;

    private static final int MOST_RULES = 20_000;

    private record Visit(Frame frame, StackSet rest) {}

    private record Return(int label, StackSet rest) {}

    private final StackPool pool;
    private Frame[] frames = new Frame[4];
    private StackSet[] rests = new StackSet[4];
    private int size;
    private boolean end;
    private Set<Visit> visits;
    private Set<Return> returned;
    private int returns;
    private int rules;

    Closure(StackPool pool) {
        this.pool = pool;
    }

    StackPool pool() {
        return pool;
    }

    void add(Frame frame, StackSet rest) {
        int i = size;
        while (i > 0 && frames[i - 1].id > frame.id) {
            i--;
        }
        if (i > 0 && frames[i - 1] == frame) {
            rests[i - 1] = pool.union(rests[i - 1], rest);
            return;
        }
        if (size == frames.length) {
            if (size >= MOST_FRAMES) {
                throw new GrammarException(
                        GrammarException.Reason.TOO_COMPLEX, "", "", "the grammar is too ambiguous at this point");
            }
            frames = Arrays.copyOf(frames, size * 2);
            rests = Arrays.copyOf(rests, size * 2);
        }
        System.arraycopy(frames, i, frames, i + 1, size - i);
        System.arraycopy(rests, i, rests, i + 1, size - i);
        frames[i] = frame;
        rests[i] = rest;
        size++;
    }

    void addAll(StackSet set) {
        for (int i = 0; i < set.frames.length; i++) {
            add(set.frames[i], set.rests[i]);
        }
        end |= set.end;
    }

    /** Goes on in {@code rest} after what was above it was read. */
    void resume(int label, StackSet rest) {
        if (++returns > FEW_RETURNS) {
            returned = returned == null ? new HashSet<>() : returned;
            if (!returned.add(new Return(label, rest))) {
                return;
            }
        }
        end |= rest.end;
        for (int i = 0; i < rest.frames.length; i++) {
            rest.frames[i].resume(label, rest.rests[i], this);
        }
    }

    /** Whether this frame is met over these stacks for the first time in this step; repetitions of nothing end here. */
    boolean enter(Frame frame, StackSet rest) {
        if (visits == null) {
            visits = new HashSet<>();
        }
        return visits.add(new Visit(frame, rest));
    }

    /** Counts one more rule that is opened in this step. */
    void countRule() {
        if (++rules > MOST_RULES) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX, "", "", "the grammar is too ambiguous at this point");
        }
    }

    StackSet set() {
        if (size == 0) {
            return end ? StackSet.BOTTOM : StackSet.REFUSED;
        }
        return pool.shared(new StackSet(Arrays.copyOf(frames, size), Arrays.copyOf(rests, size), end));
    }
}
