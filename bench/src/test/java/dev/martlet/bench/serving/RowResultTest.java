package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RowResultTest {
    @Test
    void shouldCompareWithTheBestConfiguration() {
        RowResult row = Results.fanOut();

        assertThat(row.best(Figure.WALL)).map(Series::name).contains("large");
        assertThat(row.ratio(Figure.WALL)).hasValue(2);
        assertThat(row.failures()).isEmpty();
    }

    @Test
    void shouldKnowWhatIsBetter() {
        assertThat(Figure.DECODE_RATE.ratio(100, 50)).isEqualTo(2);
        assertThat(Figure.WALL.ratio(100, 50)).isEqualTo(0.5);
        assertThat(Figure.DECODE_RATE.isBetter(100, 50)).isTrue();
        assertThat(Figure.WALL.isBetter(100, 50)).isFalse();
    }

    @Test
    void shouldHaveNoRatioWithoutAPeerThatCameToAnEnd() {
        RowResult row = new RowResult(
                Results.FAN_OUT,
                1,
                Results.series("martlet", 3),
                List.of(Results.series("default")),
                Optional.empty(),
                List.of());

        assertThat(row.best(Figure.WALL)).isEmpty();
        assertThat(row.ratio(Figure.WALL)).isEmpty();
    }

    @Test
    void shouldTellEveryFailure() {
        Series martlet = Results.series("martlet", 3);
        martlet.add(Run.failed("status 500"));
        RowResult row = new RowResult(
                Results.FAN_OUT,
                1,
                martlet,
                List.of(Results.series("default", 3)),
                Optional.empty(),
                List.of("other prompts"));

        assertThat(row.failures()).containsExactly("fanout: other prompts", "fanout, martlet: status 500");
        assertThat(martlet.median(Figure.WALL)).as("of the whole runs").hasValue(3);
    }

    @Test
    void shouldCountDisturbedRuns() {
        Series martlet = Results.series("martlet", 3);
        martlet.add(Results.run(3).withDetails(Map.of(Bystanders.DETAIL, 0.3)));
        martlet.add(Results.run(3).withDetails(Map.of(Bystanders.DETAIL, 0.01)));
        RowResult row = new RowResult(Results.FAN_OUT, 1, martlet, List.of(), Optional.empty(), List.of());

        assertThat(row.disturbed()).isEqualTo(1);
    }

    @Test
    void shouldSeeThatPromptsDiffer() {
        Run other = new Run(Map.of(Figure.WALL, 1.0), 15_999, 0, 256, List.of(), Map.of());

        assertThat(Campaign.mismatch(Results.FAN_OUT, List.of(Results.run(1), Results.run(2))))
                .isEmpty();
        assertThat(Campaign.mismatch(Results.FAN_OUT, List.of(Results.run(1), Run.failed("x"))))
                .isEmpty();
        assertThat(Campaign.mismatch(Results.FAN_OUT, List.of(Results.run(1), other)))
                .hasValueSatisfying(why -> assertThat(why).contains("16000", "15999"));
        assertThat(Campaign.mismatch(new Conversation(5, 32), List.of(Results.run(1), other)))
                .as("its own answers are part of a conversation's prompts")
                .isEmpty();
    }

    @Test
    void shouldLeaveOutWhatIsFarFromTheBest() {
        Series best = Results.series("best", 10);
        Series near = Results.series("near", 19);
        Series far = Results.series("far", 21);
        Series disturbed = Results.series("disturbed");
        disturbed.add(Results.run(30).withDetails(Map.of(Bystanders.DETAIL, 0.4)));
        Campaign.leaveOutHopeless(Results.FAN_OUT, List.of(best, near, far, disturbed, Results.series("none")));

        assertThat(best.leftOut()).isEmpty();
        assertThat(near.leftOut()).isEmpty();
        assertThat(far.leftOut()).isPresent();
        assertThat(disturbed.leftOut()).as("what others did says nothing of it").isEmpty();
    }
}
