package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ForecastTest {

    @Test
    void shouldLearnWhatTokensCostFromMixedSteps() {
        Forecast forecast = new Forecast();
        Random random = new Random(1);
        for (int i = 0; i < 400; i++) {
            int prompts = random.nextInt(3) == 0 ? 0 : random.nextInt(500);
            int outputs = random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(30);
            long noise = random.nextInt(40) == 0 ? 50_000_000 : 0;
            forecast.step(prompts, outputs, prompts * 100_000L + outputs * 3_000_000L + noise);
        }
        assertThat(forecast.promptNanos()).isCloseTo(100_000, within(30_000.0));
        assertThat(forecast.outputNanos()).isCloseTo(3_000_000, within(900_000.0));
    }

    @Test
    void shouldFollowAChangeOfPace() {
        Forecast forecast = new Forecast();
        for (int i = 0; i < 100; i++) {
            forecast.step(0, 8, 8_000);
        }
        for (int i = 0; i < 100; i++) {
            forecast.step(0, 8, 80_000);
        }
        assertThat(forecast.outputNanos()).isCloseTo(10_000, within(500.0));
    }

    @Test
    void shouldTakeAnswersForShortUntilTheFirstEnds() {
        Forecast forecast = new Forecast();
        GenerationRequest request = GenerationRequest.of(new int[10], 4_000);
        Sequence sequence = new Sequence(request, new GenerationStream(() -> {}), 0, 0, 0);
        assertThat(forecast.outputsToCome(sequence)).isEqualTo(1);
        assertThat(forecast.outputs(request)).isEqualTo(Forecast.UNKNOWN_OUTPUTS);
        forecast.ended(100);
        forecast.ended(200);
        assertThat(forecast.meanOutputs()).isEqualTo(150);
        assertThat(forecast.outputs(request)).isEqualTo(150);
        assertThat(forecast.outputsToCome(sequence)).isEqualTo(150);
        assertThat(forecast.outputs(GenerationRequest.of(new int[10], 7))).isEqualTo(7);
        for (int i = 0; i < 149; i++) {
            sequence.append(1);
        }
        assertThat(forecast.outputsToCome(sequence)).isEqualTo(1);
        sequence.append(1);
        assertThat(forecast.outputsToCome(sequence)).as("longer than the mean").isEqualTo(37);
    }

    @Test
    void shouldForetellAWaitFromTheTokensAhead() {
        Forecast forecast = new Forecast();
        assertThat(forecast.workNanos(3, 1_000, 5_000)).as("nothing is known").isZero();
        forecast.step(100, 0, 100_000);
        forecast.step(0, 10, 100_000);
        forecast.ended(50);
        assertThat(forecast.workNanos(4, 1_000, 4_000))
                .as("1,000 prompt tokens and 4 answers of 50")
                .isEqualTo(1_000 * 1_000 + 4 * 50 * 10_000);
        assertThat(forecast.workNanos(4, 1_000, 40)).as("limits count").isEqualTo(1_000 * 1_000 + 40 * 10_000);
        for (int i = 0; i < 200; i++) {
            forecast.began(100, 25);
        }
        assertThat(forecast.workNanos(0, 1_000, 0))
                .as("three quarters come from the cache")
                .isBetween(250_000L, 251_000L);
    }

    @Test
    void shouldAddWhatIsLeftOfThoseThatRun() {
        Forecast forecast = new Forecast();
        forecast.step(100, 0, 100_000);
        forecast.step(0, 10, 100_000);
        forecast.ended(50);
        Sequence early = new Sequence(GenerationRequest.of(new int[10], 90), new GenerationStream(() -> {}), 0, 0, 0);
        Sequence late = new Sequence(GenerationRequest.of(new int[10], 90), new GenerationStream(() -> {}), 1, 0, 0);
        early.seen = 10;
        for (int i = 0; i < 30; i++) {
            early.append(1);
            early.seen = early.size - 1;
        }
        forecast.running(List.of(early, late), false);
        assertThat(forecast.nanosToRoom())
                .as("nine prompt tokens, and 20 steps of two")
                .isEqualTo(9 * 1_000 + 20 * 2 * 10_000);
        forecast.running(List.of(early, late), true);
        assertThat(forecast.nanosToRoom()).as("there is room").isZero();
    }
}
