package dev.martlet.engine;

/** How often values fell into which bucket, since an engine's start. */
public final class Distribution {

    private final double[] upperBounds;
    private final long[] counts;
    private final double sum;

    /** Takes the arrays over. */
    Distribution(double[] upperBounds, long[] counts, double sum) {
        this.upperBounds = upperBounds;
        this.counts = counts;
        this.sum = sum;
    }

    /** Number of buckets. */
    public int buckets() {
        return counts.length;
    }

    /** The largest value of a bucket; infinity for the last. */
    public double upperBound(int bucket) {
        return upperBounds[bucket];
    }

    /** Values in this bucket alone. */
    public long count(int bucket) {
        return counts[bucket];
    }

    /** Values in all buckets. */
    public long count() {
        long all = 0;
        for (long count : counts) {
            all += count;
        }
        return all;
    }

    /** Sum of all values. */
    public double sum() {
        return sum;
    }

    /**
     * A value that this share of the values does not exceed: the upper bound of the bucket it falls into, so up to half as
     * much again too large; 0 when there are no values, infinity beyond the last bound.
     *
     * @param share 0 to 1
     */
    public double quantile(double share) {
        long wanted = (long) Math.ceil(count() * share);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= wanted && seen > 0) {
                return upperBounds[i];
            }
        }
        return 0;
    }
}
