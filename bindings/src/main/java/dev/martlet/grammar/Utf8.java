package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.List;

/** Turns ranges of code points into expressions over the bytes of UTF-8. */
final class Utf8 {

    static final int MAX_CODE_POINT = 0x10ffff;

    private Utf8() {}

    /** One code point out of {@code points}, encoded. */
    static Rx oneOf(RxPool pool, CodePoints points) {
        List<Rx> options = new ArrayList<>();
        for (int i = 0; i < points.ranges(); i++) {
            split(pool, points.low(i), points.high(i), options);
        }
        return pool.alt(options);
    }

    /** Any sequence of code points. */
    static Rx text(RxPool pool) {
        return pool.repeat(oneOf(pool, CodePoints.ALL), 0, Rx.UNBOUNDED);
    }

    private static void split(RxPool pool, int low, int high, List<Rx> out) {
        if (low > high) {
            return;
        }
        for (int edge : new int[] {0x7f, 0x7ff, 0xffff}) {
            if (low <= edge && high > edge) {
                split(pool, low, edge, out);
                split(pool, edge + 1, high, out);
                return;
            }
        }
        if (high <= 0x7f) {
            out.add(pool.set(ByteSet.range(low, high)));
            return;
        }
        // Make the two ends agree on all bytes but a full tail, or a first differing byte with full tails behind it.
        for (int bits = 6; bits <= 18; bits += 6) {
            int tail = (1 << bits) - 1;
            if ((low & ~tail) != (high & ~tail)) {
                if ((low & tail) != 0) {
                    split(pool, low, low | tail, out);
                    split(pool, (low | tail) + 1, high, out);
                    return;
                }
                if ((high & tail) != tail) {
                    split(pool, low, (high & ~tail) - 1, out);
                    split(pool, high & ~tail, high, out);
                    return;
                }
            }
        }
        int[] first = encode(low);
        int[] last = encode(high);
        Rx sequence = pool.empty;
        for (int i = first.length - 1; i >= 0; i--) {
            sequence = pool.concat(pool.set(ByteSet.range(first[i], last[i])), sequence);
        }
        out.add(sequence);
    }

    private static int[] encode(int c) {
        if (c <= 0x7ff) {
            return new int[] {0xc0 | c >> 6, 0x80 | c & 0x3f};
        }
        if (c <= 0xffff) {
            return new int[] {0xe0 | c >> 12, 0x80 | c >> 6 & 0x3f, 0x80 | c & 0x3f};
        }
        return new int[] {0xf0 | c >> 18, 0x80 | c >> 12 & 0x3f, 0x80 | c >> 6 & 0x3f, 0x80 | c & 0x3f};
    }
}
