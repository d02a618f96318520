package dev.martlet.bench.serving;

import dev.martlet.cli.ModelStore;
import dev.martlet.model.TinyLlama;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonWriter;
import jakarta.json.stream.JsonGenerator;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code martlet bench serving}: Martlet and llama-server under the same load, in turn. */
@Command(
        name = "serving",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measure the whole server beside llama-server, on the same model, threads and libraries.",
        footer = {
            "",
            "Rows: fanout, fanout64, mixed, streams64, single, chat, arrival, memory",
            "",
            "The first run builds llama-server, which takes some minutes. Each run starts a server of its own on a "
                    + "free port, uses it for the warm-up with other texts, and ends it. Nothing else should run "
                    + "meanwhile."
        })
public final class ServingCommand implements Callable<Integer> {
    private static final String PEER = "llama-server";

    /** The folder of the launcher, which sets it. */
    private static final String ROOT = "MARTLET_ROOT";

    @Spec
    private CommandSpec spec;

    @Option(names = "--vs", paramLabel = "PEER", description = "The peer: llama-server, the only one there is.")
    private String peer = PEER;

    @Option(names = "--rows", paramLabel = "ROW", split = ",", description = "Only these rows.")
    private List<String> rows = Workloads.IDS;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds of each row (default: 3).")
    private Optional<Integer> rounds = Optional.empty();

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "The GGUF file (default: the default model; streams64 runs on a tiny one of its own).")
    private Optional<Path> model = Optional.empty();

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: one per physical core).")
    private Optional<Integer> threads = Optional.empty();

    @Option(names = "--warm-up", paramLabel = "SECONDS", description = "Use of a server before a run (default: 8).")
    private Optional<Integer> warmUp = Optional.empty();

    @Option(
            names = "--limit",
            paramLabel = "SECONDS",
            description = "How long a run may take; a peer's longer one is told as such (default: ${DEFAULT-VALUE}).")
    private int limit = 600;

    @Option(names = "--seed", paramLabel = "N", description = "Of all texts (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where the JSON goes; the chart goes beside it, as .svg (default: ${DEFAULT-VALUE}).")
    private Path out = Path.of("martlet-serving.json");

    @Option(names = "--quick", description = "One round, short warm-up, smaller rows: shows that it runs.")
    private boolean quick;

    @Override
    public Integer call() throws IOException, InterruptedException {
        check();
        Path root = root();
        Path file = (model.isPresent() ? model.get() : ModelStore.ofUser().defaultModel()).toAbsolutePath();
        if (!Files.isReadable(file)) {
            System.err.println("martlet: no such model file: " + file);
            return 1;
        }
        try {
            Peers peers = Peers.build(root.resolve("bench/native/build.sh"), root.resolve("bench/target/native"));
            return measure(root, file, peers);
        } catch (ServingException e) {
            System.err.println("martlet: " + e.getMessage());
            return 1;
        }
    }

    private int measure(Path root, Path file, Peers peers) throws IOException, InterruptedException {
        int compute = threads.orElseGet(Machine::physicalCores);
        Path work = Files.createTempDirectory("martlet-serving");
        Path tiny = TinyLlama.write(work.resolve("tiny.gguf"), Words.all());
        ModelFacts facts = ModelFacts.of(file);
        Campaign campaign = new Campaign(
                new Campaign.Plan(
                        root.resolve("martlet"),
                        peers.programs(),
                        new Reference(peers.straight(), peers.programs(), work, file, compute),
                        file,
                        compute,
                        rounds.orElse(quick ? 1 : 3),
                        Duration.ofSeconds(warmUp.orElse(quick ? 1 : 8)),
                        Duration.ofSeconds(limit),
                        seed,
                        work),
                System.err);
        List<RowResult> results = new ArrayList<>();
        for (Workload workload : Workloads.all(facts, file, tiny, quick)) {
            if (rows.contains(workload.id())) {
                results.add(campaign.measure(workload));
                write(about(file, compute, peers), results); // after each row: a long campaign may be cut short
            }
        }
        Table.lines(results).forEach(System.out::println);
        System.out.println("JSON: " + out + ", chart: " + chart());
        long disturbed = results.stream().mapToLong(RowResult::disturbed).sum();
        if (disturbed > 0) {
            System.out.println(
                    disturbed + " runs were disturbed by other programs (others_cpu in the JSON): measure again"
                            + " on a machine that does nothing else");
        }
        List<String> failures =
                results.stream().flatMap(row -> row.failures().stream()).toList();
        failures.forEach(why -> System.err.println("martlet: FAILED: " + why));
        if (!failures.isEmpty()) {
            System.err.println("martlet: logs of the servers: " + work);
            return 1;
        }
        delete(work);
        return 0;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private void check() {
        if (!peer.equals(PEER)) {
            throw new ParameterException(spec.commandLine(), "--vs: there is only " + PEER + ", not " + peer);
        }
        for (String row : rows) {
            if (!Workloads.IDS.contains(row)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--rows: no row " + row + "; there are " + String.join(", ", Workloads.IDS));
            }
        }
        atLeast("--rounds", rounds.orElse(1), 1);
        atLeast("--threads", threads.orElse(1), 1);
        atLeast("--warm-up", warmUp.orElse(0), 0);
        atLeast("--limit", limit, 1);
    }

    private void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new ParameterException(spec.commandLine(), name + " is " + value + ", must be at least " + least);
        }
    }

    private Path root() {
        String root = System.getenv(ROOT);
        if (root == null) {
            throw new ParameterException(spec.commandLine(), "start this as ./martlet bench serving");
        }
        return Path.of(root);
    }

    private Map<String, String> about(Path file, int compute, Peers peers) {
        Map<String, String> about = new LinkedHashMap<>();
        about.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        about.putAll(Machine.facts());
        about.put("java", System.getProperty("java.vendor") + " " + Runtime.version());
        about.put("model", file.getFileName().toString());
        about.put("threads", Integer.toString(compute));
        about.put("peer", peers.programs().getParent().getParent().getFileName().toString());
        about.put("rounds", Integer.toString(rounds.orElse(quick ? 1 : 3)));
        about.put("warm_up_s", Integer.toString(warmUp.orElse(quick ? 1 : 8)));
        about.put("limit_s", Integer.toString(limit));
        about.put("seed", Long.toString(seed));
        about.put("quick", Boolean.toString(quick));
        return about;
    }

    private void write(Map<String, String> about, List<RowResult> results) throws IOException {
        JsonObject json = JsonReport.of(about, results);
        try (Writer to = Files.newBufferedWriter(out, StandardCharsets.UTF_8);
                JsonWriter writer = Json.createWriterFactory(Map.of(JsonGenerator.PRETTY_PRINTING, true))
                        .createWriter(to)) {
            writer.writeObject(json);
        }
        Files.writeString(chart(), Chart.svg(results));
    }

    private Path chart() {
        String name = out.getFileName().toString();
        return out.resolveSibling((name.endsWith(".json") ? name.substring(0, name.length() - 5) : name) + ".svg");
    }
}
