package dev.martlet.grammar;

/**
 * JSON strings of any content with a bounded number of characters (code points): {@link JsonText#STRING} with a counter
 * beside it.
 */
final class CountedText extends Lexer {

    private static final Dfa STRING = JsonText.STRING;
    private static final int MODES = STRING.states();
    /** Between two characters; also the state behind the opening quote. */
    private static final int BODY = STRING.step(STRING.start(), '"');

    private static final int CLOSED = STRING.step(BODY, '"');

    /** Most characters of any token; counts above it all look the same to a mask. */
    private static final int FAR = 1024;

    static final int MAX_LENGTH = Integer.MAX_VALUE / 64;

    private record Key(int mode, int missing, int room) {}

    private final int min;
    private final int max;

    /**
     * @param min fewest code points
     * @param max most code points; anything over {@link #MAX_LENGTH} is no bound
     */
    CountedText(int min, int max) {
        this.min = min;
        this.max = max;
        if (MODES > 64 || min > MAX_LENGTH) {
            throw new IllegalArgumentException("counter does not fit: " + min);
        }
    }

    @Override
    int start() {
        return STRING.start();
    }

    @Override
    int step(int state, int b) {
        int mode = state % MODES;
        int count = state / MODES;
        int next = STRING.step(mode, b);
        if (next < 0 || mode != BODY) {
            return next < 0 ? -1 : count * MODES + next;
        }
        if (next == CLOSED) {
            return count < min ? -1 : next;
        }
        if (max <= MAX_LENGTH) {
            return count == max ? -1 : (count + 1) * MODES + next;
        }
        return Math.min(count + 1, min) * MODES + next;
    }

    @Override
    int label(int state) {
        return state % MODES == CLOSED ? 0 : -1;
    }

    @Override
    boolean stuck(int state) {
        return state % MODES == CLOSED;
    }

    private int room(int count) {
        return max <= MAX_LENGTH ? max - count : UNLIMITED;
    }

    @Override
    Object key(int state) {
        int count = state / MODES;
        return new Key(state % MODES, Math.min(FAR, Math.max(0, min - count)), Math.min(FAR, room(count)));
    }

    @Override
    int plainRoom(int state) {
        return state % MODES == BODY ? room(state / MODES) : 0;
    }
}
