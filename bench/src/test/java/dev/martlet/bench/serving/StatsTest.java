package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatsTest {
    @Test
    void shouldTakeTheNearestRank() {
        List<Double> values = List.of(4.0, 1.0, 3.0, 2.0);

        assertThat(Stats.percentile(values, 0.25)).isEqualTo(1);
        assertThat(Stats.percentile(values, 0.26)).isEqualTo(2);
        assertThat(Stats.percentile(values, 0.5)).isEqualTo(2);
        assertThat(Stats.percentile(values, 0.95)).isEqualTo(4);
        assertThat(Stats.percentile(values, 1)).isEqualTo(4);
    }

    @Test
    void shouldTakeTheMiddleForMedian() {
        assertThat(Stats.median(List.of(9.0, 1.0, 2.0))).isEqualTo(2);
        assertThat(Stats.median(List.of(9.0, 1.0, 2.0, 3.0))).isEqualTo(2.5);
    }

    @Test
    void shouldRefuseNoValues() {
        assertThatThrownBy(() -> Stats.median(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Stats.percentile(List.of(), 0.5)).isInstanceOf(IllegalArgumentException.class);
    }
}
