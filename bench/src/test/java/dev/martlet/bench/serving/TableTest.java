package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void shouldTellMediansAndTheRatio() {
        List<String> lines = Table.lines(List.of(Results.fanOut()));

        assertThat(lines).hasSize(1 + Results.FAN_OUT.figures().size());
        assertThat(lines.get(1).split("\\s{2,}"))
                .containsExactly("fanout", "all answers, s", "4.00", "8.00", "2.00x", "large", "2.00 (C API)");
        assertThat(lines.get(2).split("\\s{2,}"))
                .containsExactly("fanout", "first token, p50, s", "-", "-", "-", "none came to an end");
    }

    @Test
    void shouldWriteThreeDigitsThatCount() {
        assertThat(Table.number(12_345.6)).isEqualTo("12,346");
        assertThat(Table.number(12.345)).isEqualTo("12.3");
        assertThat(Table.number(1.2345)).isEqualTo("1.23");
        assertThat(Table.number(0.12345)).isEqualTo("0.123");
    }
}
