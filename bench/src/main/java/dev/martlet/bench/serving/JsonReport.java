package dev.martlet.bench.serving;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The results as JSON: every run, the medians, the ratios, and all that one needs to run it again. */
final class JsonReport {
    private JsonReport() {}

    /** @param about the machine and the settings, in the order in which they are told */
    static JsonObject of(Map<String, String> about, List<RowResult> rows) {
        JsonObjectBuilder report = Json.createObjectBuilder();
        JsonObjectBuilder settings = Json.createObjectBuilder();
        about.forEach(settings::add);
        report.add("about", settings);
        JsonArrayBuilder array = Json.createArrayBuilder();
        JsonArrayBuilder failures = Json.createArrayBuilder();
        for (RowResult row : rows) {
            array.add(row(row));
            row.failures().forEach(failures::add);
        }
        return report.add("rows", array).add("failures", failures).build();
    }

    private static JsonObjectBuilder row(RowResult row) {
        List<Figure> figures = row.workload().figures();
        JsonObjectBuilder ratios = Json.createObjectBuilder();
        for (Figure figure : figures) {
            JsonObjectBuilder ratio = Json.createObjectBuilder().add("unit", figure.unit());
            row.ratio(figure).ifPresent(value -> ratio.add("ratio", value));
            row.best(figure).ifPresent(best -> ratio.add("best_configuration", best.name()));
            ratios.add(figure.id(), ratio);
        }
        JsonArrayBuilder peers = Json.createArrayBuilder();
        row.peers().forEach(peer -> peers.add(series(peer, figures)));
        JsonObjectBuilder object = Json.createObjectBuilder()
                .add("id", row.workload().id())
                .add("title", row.workload().title())
                .add("clients", row.workload().clients())
                .add("context_tokens", row.cells())
                .add("martlet", series(row.martlet(), figures))
                .add("llama-server", peers)
                .add("ratios", ratios);
        Optional<JsonObjectBuilder> reference = row.reference().map(series -> series(series, figures));
        reference.ifPresent(value -> object.add("without_server", value));
        return object;
    }

    private static JsonObjectBuilder series(Series series, List<Figure> figures) {
        JsonObjectBuilder medians = Json.createObjectBuilder();
        for (Figure figure : figures) {
            series.median(figure).ifPresent(value -> medians.add(figure.id(), value));
        }
        JsonArrayBuilder runs = Json.createArrayBuilder();
        series.runs().forEach(run -> runs.add(run(run)));
        JsonObjectBuilder object = Json.createObjectBuilder().add("name", series.name());
        if (!series.command().isEmpty()) {
            object.add("command", String.join(" ", series.command()));
        }
        series.leftOut().ifPresent(why -> object.add("left_out", why));
        return object.add("medians", medians).add("runs", runs);
    }

    private static JsonObjectBuilder run(Run run) {
        JsonObjectBuilder object = Json.createObjectBuilder();
        for (Figure figure : Figure.values()) {
            if (run.figures().containsKey(figure)) {
                object.add(figure.id(), run.figures().get(figure));
            }
        }
        object.add("prompt_tokens", run.promptTokens())
                .add("cached_tokens", run.cachedTokens())
                .add("output_tokens", run.outputTokens());
        if (!run.details().isEmpty()) {
            JsonObjectBuilder details = Json.createObjectBuilder();
            run.details().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(detail -> details.add(detail.getKey(), detail.getValue()));
            object.add("details", details);
        }
        JsonArrayBuilder failures = Json.createArrayBuilder();
        run.failures().forEach(failures::add);
        return object.add("failures", failures);
    }
}
