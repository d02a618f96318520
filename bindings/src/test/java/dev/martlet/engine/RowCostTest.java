package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RowCostTest {

    private static final Offset<Double> ONE_PERCENT = Offset.offset(1.0);

    @Test
    void shouldKnowNothingBeforeTheFirstStep() {
        RowCost cost = new RowCost();
        assertThat(cost.step(1)).isZero();
        assertThat(cost.row()).isZero();
        cost.observe(1, 5_000, 700);
        assertThat(cost.step(1)).isEqualTo(5_000);
        assertThat(cost.row()).as("what a prompt's token costs").isEqualTo(700);
        assertThat(cost.step(3)).isEqualTo(6_400);
    }

    @Test
    void shouldLearnALine() {
        RowCost cost = new RowCost();
        for (int i = 0; i < 100; i++) {
            int rows = 1 + i % 7;
            cost.observe(rows, 1_000 + 100L * rows, 10);
        }
        assertThat(cost.row()).isCloseTo(100, ONE_PERCENT);
        assertThat(cost.step(1)).isCloseTo(1_100, ONE_PERCENT);
        assertThat(cost.step(12)).isCloseTo(2_200, ONE_PERCENT);
    }

    @Test
    void shouldForgetWhatIsLongAgo() {
        RowCost cost = new RowCost();
        for (int i = 0; i < 400; i++) {
            int rows = 1 + i % 7;
            cost.observe(rows, i < 200 ? 9_000 : 1_000 + 100L * rows, 10);
        }
        assertThat(cost.row()).isCloseTo(100, ONE_PERCENT);
    }

    @Test
    void shouldNotBelieveADisturbedStepForEver() {
        RowCost cost = new RowCost();
        for (int i = 0; i < 50; i++) {
            cost.observe(1, 5_000, 700);
        }
        cost.observe(5, 900_000, 700);
        assertThat(cost.row()).isGreaterThan(10_000);
        for (int i = 0; i < 500; i++) {
            cost.observe(1, 5_000, 700);
        }
        assertThat(cost.row()).isBetween(700.0, 2_000.0);
        assertThat(cost.step(1)).isCloseTo(5_000, ONE_PERCENT);
    }

    @Test
    void shouldNeverFindARowThatCostsLessThanNothing() {
        RowCost cost = new RowCost();
        for (int i = 0; i < 50; i++) {
            cost.observe(1 + i % 2 * 8, i % 2 == 0 ? 5_000 : 50, 700);
        }
        assertThat(cost.row()).isZero();
        assertThat(cost.step(100)).isPositive();
    }
}
