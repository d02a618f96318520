package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReferenceTest {
    @Test
    void shouldReadWhatStraightPrints() {
        Run run = Reference.readStraight(List.of(
                "prompt_tokens 2000",
                "output_tokens 32",
                "wall_s 3.5",
                "ttft_s 1.0",
                "ttft_s 2.0",
                "gap_s 0.25",
                "fork_s 0.001"));

        assertThat(run.isWhole()).isTrue();
        assertThat(run.promptTokens()).isEqualTo(2000);
        assertThat(run.outputTokens()).isEqualTo(32);
        assertThat(run.figures())
                .containsEntry(Figure.WALL, 3.5)
                .containsEntry(Figure.FIRST_P50, 1.0)
                .containsEntry(Figure.FIRST_P95, 2.0)
                .containsEntry(Figure.GAP, 0.25);
        assertThat(run.details()).containsEntry("fork_s", 0.001);
    }

    @Test
    void shouldReadWhatLlamaBenchPrints() {
        Run run = Reference.readBench(List.of(
                "load_backend: loaded",
                "{\"n_prompt\": 64, \"n_gen\": 0, \"avg_ts\": 402.5}",
                "{\"n_prompt\": 0, \"n_gen\": 16, \"avg_ts\": 19.5}"));

        assertThat(run.figures()).containsEntry(Figure.PREFILL_RATE, 402.5).containsEntry(Figure.DECODE_RATE, 19.5);
    }
}
