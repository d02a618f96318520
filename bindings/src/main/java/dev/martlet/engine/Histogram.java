package dev.martlet.engine;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts values in fixed buckets, each about one and a half times as wide as the one before. One thread writes, any
 * thread reads; recording takes no lock and allocates nothing.
 */
final class Histogram {

    private static final long[] STEPS_OF_A_DECADE = {10, 15, 20, 30, 50, 70};

    /** The largest value of each bucket; one more bucket takes what is larger. */
    private final long[] bounds;

    /** How many values fell into each bucket, and last their sum. */
    private final AtomicLongArray cells;

    private final double perUnit;

    /**
     * @param bounds rising
     * @param perUnit how many of what is recorded make one of what is read
     */
    private Histogram(long[] bounds, double perUnit) {
        this.bounds = bounds;
        this.perUnit = perUnit;
        this.cells = new AtomicLongArray(bounds.length + 2);
    }

    /** Of microseconds, read as seconds: from a tenth of a millisecond to a thousand seconds. */
    static Histogram ofMicros() {
        long[] bounds = new long[7 * STEPS_OF_A_DECADE.length + 1];
        long decade = 10;
        for (int i = 0; i < bounds.length; i++) {
            int step = i % STEPS_OF_A_DECADE.length;
            bounds[i] = STEPS_OF_A_DECADE[step] * decade;
            decade = step == STEPS_OF_A_DECADE.length - 1 ? decade * 10 : decade;
        }
        return new Histogram(bounds, 1e6);
    }

    /** Of numbers from 1 to 8,192: powers of two, and halfway between. */
    static Histogram ofCounts() {
        long[] bounds = new long[26];
        bounds[0] = 1;
        for (int i = 1; i < bounds.length; i++) {
            int power = (i + 1) / 2;
            bounds[i] = i % 2 == 1 ? 1L << power : 3L << (power - 1);
        }
        return new Histogram(bounds, 1);
    }

    /** Counts a value. Only one thread calls it, so that a plain read and an ordered write do. */
    void record(long value) {
        int at = Arrays.binarySearch(bounds, value);
        add(at < 0 ? -1 - at : at, 1);
        add(bounds.length + 1, value);
    }

    private void add(int cell, long amount) {
        cells.lazySet(cell, cells.getPlain(cell) + amount);
    }

    /** What was recorded so far; values that come meanwhile may be in the sum or in a bucket alone. */
    Distribution snapshot() {
        double[] upper = new double[bounds.length + 1];
        long[] counts = new long[upper.length];
        for (int i = 0; i < counts.length; i++) {
            upper[i] = i < bounds.length ? bounds[i] / perUnit : Double.POSITIVE_INFINITY;
            counts[i] = cells.get(i);
        }
        return new Distribution(upper, counts, cells.get(counts.length) / perUnit);
    }
}
