package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonReportTest {
    @Test
    void shouldTellRunsMediansAndRatios() {
        JsonObject report = JsonReport.of(Map.of("model", "tiny"), List.of(Results.fanOut()));

        assertThat(report.getJsonObject("about").getString("model")).isEqualTo("tiny");
        assertThat(report.getJsonArray("failures")).isEmpty();
        JsonObject row = report.getJsonArray("rows").getJsonObject(0);
        assertThat(row.getString("id")).isEqualTo("fanout");
        assertThat(row.getInt("context_tokens")).isEqualTo(4096);
        JsonObject martlet = row.getJsonObject("martlet");
        assertThat(number(martlet.getJsonObject("medians"), "wall")).isEqualTo(4);
        assertThat(martlet.getJsonArray("runs")).hasSize(2);
        assertThat(martlet.getJsonArray("runs").getJsonObject(0).getInt("prompt_tokens"))
                .isEqualTo(16_000);
        JsonObject ratio = row.getJsonObject("ratios").getJsonObject("wall");
        assertThat(number(ratio, "ratio")).isEqualTo(2);
        assertThat(ratio.getString("best_configuration")).isEqualTo("large");
        assertThat(row.getJsonArray("llama-server").getJsonObject(2).getString("left_out"))
                .isEqualTo("took longer than 1 s");
        assertThat(number(row.getJsonObject("without_server").getJsonObject("medians"), "wall"))
                .isEqualTo(2);
    }

    private static double number(JsonObject object, String name) {
        return object.getJsonNumber(name).doubleValue();
    }
}
