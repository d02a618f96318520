package dev.martlet.cli;

import dev.martlet.openai.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code martlet doctor}: what this machine offers, and what is missing. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Tell what this machine offers, and what mends what is missing.",
        footer = {"", "Exit code: 0 where serve would start, 1 where it would not."})
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(names = "--model", paramLabel = "FILE", description = "The model to serve (default: the default model).")
    private Optional<Path> model = Optional.empty();

    @Override
    public Integer call() {
        HostReport host = HostReport.read();
        Diagnosis diagnosis = new Diagnosis(host, ModelReport.read(model, host), GpuReport.read(CudaStore.ofUser()));
        if (json) {
            System.out.println(diagnosis.json());
        } else {
            diagnosis.print(System.out);
        }
        return diagnosis.canServe() ? 0 : 1;
    }

    /** All reports together. */
    record Diagnosis(HostReport host, ModelReport model, GpuReport gpu) {

        /** What all reports found, the worst first. */
        List<Finding> findings() {
            return List.of(host, model, gpu).stream()
                    .flatMap(report -> report.findings().stream())
                    .sorted(Comparator.comparing(Finding::level).reversed())
                    .toList();
        }

        boolean canServe() {
            return findings().stream().noneMatch(finding -> finding.level() == Finding.Level.PROBLEM);
        }

        void print(PrintStream out) {
            for (Report report : List.of(host, model, gpu)) {
                report.rows().forEach(row -> out.printf("%-10s %s%n", row.topic(), row.text()));
            }
            out.println();
            for (Finding finding : findings()) {
                out.printf("%-10s %s%n", name(finding.level()), finding.text());
                finding.remedy().ifPresent(remedy -> out.printf("%-10s -> %s%n", "", remedy));
            }
            out.println(canServe() ? "ok         serve can start" : "           serve cannot start");
        }

        JsonObject json() {
            JsonArrayBuilder findings = Json.builders().createArrayBuilder();
            for (Finding finding : findings()) {
                findings.add(Json.builders()
                        .createObjectBuilder()
                        .add("level", name(finding.level()))
                        .add("text", finding.text())
                        .add("remedy", Report.orNull(finding.remedy())));
            }
            JsonObjectBuilder all = Json.builders().createObjectBuilder().add("can_serve", canServe());
            host.json().forEach(all::add);
            return all.add("model", model.json())
                    .add("gpu", gpu.json())
                    .add("findings", findings)
                    .build();
        }

        private static String name(Finding.Level level) {
            return level.name().toLowerCase(Locale.ROOT);
        }
    }
}
