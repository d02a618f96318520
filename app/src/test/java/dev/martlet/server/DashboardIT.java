package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The dashboard for Grafana asks for nothing that {@code /metrics} does not have. */
@Timeout(120)
class DashboardIT {
    private static final Pattern SERIES = Pattern.compile("^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? ");
    private static final Pattern METRIC = Pattern.compile("\\b((?:martlet|jvm|process)_[a-z0-9_]+)");
    private static final Pattern GROUPED = Pattern.compile("by \\((\\w+)\\) \\((?:rate\\()?(\\w+)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");

    private static JsonObject dashboard;
    private static final Set<String> NAMES = new HashSet<>();

    /** Pairs of a metric and one of its labels. */
    private static final Set<String> LABELS = new HashSet<>();

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in = MartletServer.class.getResourceAsStream("grafana.json")) {
            dashboard = Json.object(in.readAllBytes());
        }
        try (ServerRig rig = ServerRig.start(prompt -> "ok")) {
            rig.post(ServerRig.body("hi", ""));
            ServerRig.await(
                    "a counted request", () -> rig.get("/metrics").body().contains("martlet_http_requests_total{"));
            rig.get("/metrics").body().lines().forEach(line -> {
                Matcher series = SERIES.matcher(line);
                if (series.find()) {
                    NAMES.add(series.group(1));
                    Matcher label = LABEL.matcher(series.group(2) == null ? "" : series.group(2));
                    while (label.find()) {
                        LABELS.add(series.group(1) + " " + label.group(1));
                    }
                }
            });
        }
    }

    private static List<String> queries() {
        List<String> queries = new ArrayList<>();
        for (JsonObject panel : dashboard.getJsonArray("panels").getValuesAs(JsonObject.class)) {
            if (panel.containsKey("targets")) {
                panel.getJsonArray("targets")
                        .getValuesAs(JsonObject.class)
                        .forEach(target -> queries.add(target.getString("expr")));
            }
        }
        dashboard
                .getJsonObject("templating")
                .getJsonArray("list")
                .getValuesAs(JsonObject.class)
                .forEach(variable -> queries.add(variable.getString("query")));
        return queries;
    }

    @Test
    void shouldAskForWhatThereIs() {
        Set<String> asked = new HashSet<>();
        for (String query : queries()) {
            Matcher metric = METRIC.matcher(query);
            while (metric.find()) {
                assertThat(NAMES).as(query).contains(metric.group(1));
                asked.add(metric.group(1));
            }
            Matcher grouped = GROUPED.matcher(query);
            while (grouped.find()) {
                // The instance is Prometheus's own label.
                if (!grouped.group(1).equals("instance")) {
                    assertThat(LABELS).as(query).contains(grouped.group(2) + " " + grouped.group(1));
                }
            }
        }
        assertThat(asked).hasSizeGreaterThan(30);
    }

    @Test
    void shouldGroupByABoundWhereItAsksForAQuantile() {
        assertThat(queries().stream().filter(query -> query.contains("histogram_quantile")))
                .hasSizeGreaterThan(8)
                .allMatch(query -> query.contains("sum by (le) (rate(") && query.contains("_bucket{"));
    }

    @Test
    void shouldNumberItsPanelsAndNotLayThemOverEachOther() {
        Set<Integer> ids = new HashSet<>();
        Set<String> places = new HashSet<>();
        for (JsonObject panel : dashboard.getJsonArray("panels").getValuesAs(JsonObject.class)) {
            assertThat(ids.add(panel.getInt("id"))).isTrue();
            JsonObject place = panel.getJsonObject("gridPos");
            assertThat(place.getInt("x") + place.getInt("w")).isLessThanOrEqualTo(24);
            for (int x = 0; x < place.getInt("w"); x++) {
                for (int y = 0; y < place.getInt("h"); y++) {
                    assertThat(places.add((place.getInt("x") + x) + " " + (place.getInt("y") + y)))
                            .as(panel.getString("title"))
                            .isTrue();
                }
            }
        }
    }
}
