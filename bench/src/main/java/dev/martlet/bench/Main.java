package dev.martlet.bench;

import dev.martlet.bench.serving.ServingCommand;
import dev.martlet.cli.ModelStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code martlet bench}: runs the JMH benchmarks, prints a table and writes JMH's JSON. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description =
                "Measure decode, prefill, the engine's parts, parser, template and SSE chunks; grammars; or the whole server"
                        + " beside a peer.",
        subcommands = {ServingCommand.class, GrammarBench.class},
        footer = {
            "",
            "Benchmarks: DecodeBenchmark, PrefillBenchmark, SchedulerBenchmark, ParserBenchmark, TemplateBenchmark,",
            "ChunkBenchmark, StreamBenchmark, SamplerBenchmark, PrefixTreeBenchmark"
        })
public final class Main implements Callable<Integer> {
    /** The first JDK with a switch for its warnings about {@code sun.misc.Unsafe}. */
    private static final int QUIET_UNSAFE = 23;

    @Parameters(
            paramLabel = "NAME",
            arity = "0..*",
            description = "Only benchmarks whose name matches this regular expression.")
    private List<String> names = List.of();

    @Option(names = "--out", paramLabel = "FILE", description = "Where the JSON goes (default: ${DEFAULT-VALUE}).")
    private Path out = Path.of("martlet-bench.json");

    @Option(names = "--model", paramLabel = "FILE", description = "The GGUF file to run (default: the default model).")
    private Path model;

    @Option(
            names = "--vocabulary",
            paramLabel = "FILE",
            defaultValue = "${env:MARTLET_BENCH_VOCABULARY}",
            description =
                    "The GGUF file whose vocabulary SamplerBenchmark chooses from (default: Qwen2's 151,936 tokens"
                            + " where llama.cpp's sources were fetched, or the model's own).")
    private Path vocabulary;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: ${DEFAULT-VALUE}).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--param",
            paramLabel = "NAME=VALUE,...",
            description = "Only these values of a benchmark's parameter, e.g. batch=1,16; repeatable.")
    private Map<String, String> params = Map.of();

    @Option(names = "--prof", paramLabel = "NAME", description = "A profiler of JMH's; gc tells bytes for each token.")
    private List<String> profilers = List.of();

    @Option(names = "--quick", description = "One short iteration each: shows that it runs, measures nothing.")
    private boolean quick;

    @Option(names = "--verbose", description = "Print JMH's own log too.")
    private boolean verbose;

    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public Integer call() throws RunnerException, IOException {
        Path file = model == null ? ModelStore.ofUser().defaultModel() : model;
        if (!Files.isReadable(file)) {
            System.err.println("martlet: no such model file: " + file);
            return 1;
        }
        try {
            print(new Runner(options(file).build()).run(), System.out);
        } catch (NoBenchmarksException e) {
            System.err.println("martlet: no benchmark matches " + names);
            return 1;
        }
        System.out.println("JSON: " + out);
        return 0;
    }

    private ChainedOptionsBuilder options(Path file) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .jvmArgsAppend(jvmArguments(file))
                .resultFormat(ResultFormatType.JSON)
                .result(out.toString())
                .verbosity(verbose ? VerboseMode.NORMAL : VerboseMode.SILENT)
                .shouldFailOnError(true);
        names.forEach(options::include);
        profilers.forEach(options::addProfiler);
        params.forEach((name, values) -> options.param(name, values.split(",")));
        if (names.isEmpty()) {
            options.include("dev.martlet.bench.*");
        }
        if (quick) {
            TimeValue blink = new TimeValue(100, TimeUnit.MILLISECONDS);
            options.forks(1)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(blink)
                    .warmupTime(blink);
        }
        return options;
    }

    private String[] jvmArguments(Path file) {
        List<String> arguments = new ArrayList<>(List.of(
                "--enable-native-access=ALL-UNNAMED",
                // As the launcher starts the server.
                "-XX:+UseSerialGC",
                "-XX:CompileThresholdScaling=0.1",
                "-D" + BenchModel.FILE + "=" + file.toAbsolutePath(),
                "-D" + BenchModel.THREADS + "=" + threads,
                "-D" + SamplerBenchmark.VOCABULARY + "=" + vocabularyOr(file).toAbsolutePath()));
        if (Runtime.version().feature() >= QUIET_UNSAFE) {
            arguments.add("--sun-misc-unsafe-memory-access=allow"); // JMH itself would be warned about, in every fork
        }
        return arguments.toArray(String[]::new);
    }

    private Path vocabularyOr(Path file) {
        return vocabulary != null && Files.isReadable(vocabulary) ? vocabulary : file;
    }

    private static void print(Collection<RunResult> results, PrintStream to) {
        to.printf("%-32s %-34s %14s %12s  %s%n", "benchmark", "parameters", "score", "error", "unit");
        results.stream()
                .sorted(Comparator.comparing(Row::name))
                .flatMap(Row::of)
                .forEach(row -> row.print(to));
    }
}
