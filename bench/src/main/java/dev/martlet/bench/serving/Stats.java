package dev.martlet.bench.serving;

import java.util.Collection;

/** Order statistics of a few numbers. */
final class Stats {
    private Stats() {}

    /**
     * The smallest of the values that at least this share of them does not exceed (nearest rank).
     *
     * @param share in (0, 1]
     * @throws IllegalArgumentException without values
     */
    static double percentile(Collection<Double> values, double share) {
        if (values.isEmpty() || !(share > 0 && share <= 1)) {
            throw new IllegalArgumentException(share + " of " + values.size() + " values");
        }
        double[] sorted = sorted(values);
        return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }

    /**
     * The middle value, or the mean of the two middle ones.
     *
     * @throws IllegalArgumentException without values
     */
    static double median(Collection<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("the median of no values");
        }
        double[] sorted = sorted(values);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static double[] sorted(Collection<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }
}
