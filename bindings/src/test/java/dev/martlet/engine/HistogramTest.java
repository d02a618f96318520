package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramTest {

    @Test
    void shouldPutEachValueIntoTheFirstBucketThatHoldsIt() {
        Random random = new Random(7);
        Histogram histogram = Histogram.ofMicros();
        Distribution empty = histogram.snapshot();
        long[] expected = new long[empty.buckets()];
        double sum = 0;
        for (int i = 0; i < 10_000; i++) {
            long micros = (long) Math.pow(10, random.nextDouble() * 10.5);
            histogram.record(micros);
            sum += micros / 1e6;
            int bucket = 0;
            while (micros / 1e6 > empty.upperBound(bucket)) {
                bucket++;
            }
            expected[bucket]++;
        }
        Distribution all = histogram.snapshot();
        for (int bucket = 0; bucket < expected.length; bucket++) {
            assertThat(all.count(bucket))
                    .as("bucket to " + all.upperBound(bucket))
                    .isEqualTo(expected[bucket]);
        }
        assertThat(all.count()).isEqualTo(10_000);
        assertThat(all.sum()).isCloseTo(sum, org.assertj.core.data.Percentage.withPercentage(0.001));
        assertThat(empty.count()).as("a snapshot stays as it was").isZero();
    }

    @Test
    void shouldHaveBucketsThatWidenByHalfAtMost() {
        for (Histogram histogram : new Histogram[] {Histogram.ofMicros(), Histogram.ofCounts()}) {
            Distribution buckets = histogram.snapshot();
            for (int i = 1; i < buckets.buckets() - 1; i++) {
                // From 1 to 2, and from 3 to 5 in decades, there is nothing rounder between.
                assertThat(buckets.upperBound(i) / buckets.upperBound(i - 1))
                        .isGreaterThan(1)
                        .isLessThanOrEqualTo(2);
            }
            assertThat(buckets.upperBound(buckets.buckets() - 1)).isInfinite();
        }
        Distribution seconds = Histogram.ofMicros().snapshot();
        assertThat(seconds.upperBound(0)).isEqualTo(0.0001);
        assertThat(seconds.upperBound(seconds.buckets() - 2)).isEqualTo(1000);
        Distribution counts = Histogram.ofCounts().snapshot();
        assertThat(counts.upperBound(0)).isEqualTo(1);
        assertThat(counts.upperBound(2)).isEqualTo(3);
        assertThat(counts.upperBound(counts.buckets() - 2)).isEqualTo(8192);
    }

    @Test
    void shouldTellQuantiles() {
        Histogram histogram = Histogram.ofCounts();
        assertThat(histogram.snapshot().quantile(0.5)).isZero();
        for (int i = 1; i <= 100; i++) {
            histogram.record(i);
        }
        Distribution values = histogram.snapshot();
        assertThat(values.quantile(0.5)).isEqualTo(64);
        assertThat(values.quantile(0.01)).isEqualTo(1);
        assertThat(values.quantile(1)).isEqualTo(128);
        histogram.record(1_000_000);
        assertThat(histogram.snapshot().quantile(1)).isInfinite();
    }
}
