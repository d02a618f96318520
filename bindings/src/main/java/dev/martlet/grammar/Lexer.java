package dev.martlet.grammar;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A deterministic automaton over bytes that knows no dead ends: from every state it can be in, some bytes lead to a
 * state with a label. Immutable; safe from any thread.
 */
abstract class Lexer {

    /** The {@link #plainRoom} of states that take any number of characters. */
    static final int UNLIMITED = Integer.MAX_VALUE;

    abstract int start();

    /** The state after {@code b}, or -1 when no word goes on like this. */
    abstract int step(int state, int b);

    /** Which word ends here: at least 0, or -1 when none does. */
    abstract int label(int state);

    /** Whether no byte may follow. */
    abstract boolean stuck(int state);

    /** States with equal keys, of this or another lexer, are followed by the same labelled words. */
    abstract Object key(int state);

    /**
     * How many plain characters of a JSON string (no quote, backslash or control character) may follow, whichever they
     * are, with no word ending among them; 0 when it depends on the characters. Where it is not 0 and the characters
     * are more than that, no word goes on like that.
     */
    abstract int plainRoom(int state);

    private static final int DENSE = 4096;

    /** Guarded by this for writing; read without, since frames are immutable. */
    private volatile WordFrame[] frames = new WordFrame[0];

    /** Guarded by this. */
    private final Map<Integer, WordFrame> farFrames = new HashMap<>();

    /** The frame of a state: one object for each. */
    final WordFrame frame(int state) {
        WordFrame[] now = frames;
        WordFrame known = state < now.length ? now[state] : null;
        return known == null ? newFrame(state) : known;
    }

    private synchronized WordFrame newFrame(int state) {
        if (state >= DENSE) {
            if (farFrames.size() > DENSE) {
                farFrames.clear(); // old frames stay good, they only cease to be shared
            }
            return farFrames.computeIfAbsent(state, s -> new WordFrame(this, s));
        }
        WordFrame[] now = frames;
        if (state >= now.length) {
            now = Arrays.copyOf(now, Math.min(DENSE, Math.max(state + 1, now.length * 2)));
        }
        if (now[state] == null) {
            now[state] = new WordFrame(this, state);
        }
        frames = now;
        return now[state];
    }
}
