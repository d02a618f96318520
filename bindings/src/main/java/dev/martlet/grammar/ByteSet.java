package dev.martlet.grammar;

/** An immutable set of bytes, 64 to a word. */
record ByteSet(long w0, long w1, long w2, long w3) {

    static final ByteSet NONE = new ByteSet(0, 0, 0, 0);
    static final ByteSet ALL = new ByteSet(-1, -1, -1, -1);

    static ByteSet of(int b) {
        return range(b, b);
    }

    /** The bytes from {@code low} to {@code high}, both included. */
    static ByteSet range(int low, int high) {
        return new ByteSet(word(low, high, 0), word(low, high, 64), word(low, high, 128), word(low, high, 192));
    }

    private static long word(int low, int high, int base) {
        int from = Math.max(low - base, 0);
        int to = Math.min(high - base, 63);
        return from > to ? 0 : (-1L << from) & (-1L >>> (63 - to));
    }

    boolean contains(int b) {
        long word = b < 128 ? (b < 64 ? w0 : w1) : (b < 192 ? w2 : w3);
        return (word >>> b & 1) != 0;
    }

    boolean isEmpty() {
        return (w0 | w1 | w2 | w3) == 0;
    }

    int size() {
        return Long.bitCount(w0) + Long.bitCount(w1) + Long.bitCount(w2) + Long.bitCount(w3);
    }

    ByteSet or(ByteSet o) {
        return new ByteSet(w0 | o.w0, w1 | o.w1, w2 | o.w2, w3 | o.w3);
    }

    ByteSet and(ByteSet o) {
        return new ByteSet(w0 & o.w0, w1 & o.w1, w2 & o.w2, w3 & o.w3);
    }

    ByteSet not() {
        return new ByteSet(~w0, ~w1, ~w2, ~w3);
    }

    /** The smallest byte, or -1 when empty. */
    int first() {
        if (w0 != 0) {
            return Long.numberOfTrailingZeros(w0);
        }
        if (w1 != 0) {
            return 64 + Long.numberOfTrailingZeros(w1);
        }
        if (w2 != 0) {
            return 128 + Long.numberOfTrailingZeros(w2);
        }
        return w3 != 0 ? 192 + Long.numberOfTrailingZeros(w3) : -1;
    }
}
