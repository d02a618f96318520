package dev.martlet.bench;

import dev.martlet.grammar.MaskBench;
import dev.martlet.grammar.MaskBench.Outcome;
import dev.martlet.grammar.MaskBench.Result;
import dev.martlet.model.Model;
import dev.martlet.model.ModelOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.zip.GZIPInputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code martlet bench grammar}: cases in the manner of MaskBench (guidance-ai/jsonschemabench), one JSON object a line
 * with {@code id}, {@code schema} and {@code tests} of {@code valid} and {@code data}. Each instance is written as Python's
 * json.dumps does, tokenised, and fed token by token with a mask worked out before each. Times are processor time of the
 * one thread, so that what else the machine does is not counted.
 */
@Command(
        name = "grammar",
        mixinStandardHelpOptions = true,
        description = "Run MaskBench-style cases: what passes, what is refused, and how long masks take.")
final class GrammarBench implements Callable<Integer> {

    @Option(names = "--cases", required = true, paramLabel = "FILE", description = "The cases, plain or .gz.")
    private Path cases;

    @Option(names = "--tokenizer", required = true, paramLabel = "GGUF", description = "A model or vocabulary file.")
    private Path tokenizer;

    @Option(
            names = "--runs",
            paramLabel = "N",
            description =
                    "Run all cases so often; the last run is told (default: ${DEFAULT-VALUE}, the first warms up).")
    private int runs = 2;

    @Option(names = "--details", description = "Name each case that does not pass.")
    private boolean details;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    @Override
    public Integer call() throws IOException {
        for (Path file : List.of(cases, tokenizer)) {
            if (!Files.isReadable(file)) {
                System.err.println("martlet: no such file: " + file);
                return 1;
            }
        }
        List<String> lines = lines();
        try (Model model =
                Model.open(tokenizer, ModelOptions.defaults().withGpuLayers(0).withVocabularyOnly(true))) {
            for (int run = 1; ; run++) {
                MaskBench bench = new MaskBench(
                        model.vocabulary(), text -> model.tokenizer().encode(text, false, false));
                List<Result> results = lines.stream().map(bench::run).toList();
                if (run >= runs) {
                    print(results, bench);
                    return results.stream().anyMatch(result -> result.outcome() == Outcome.WRONGLY_ACCEPTED) ? 1 : 0;
                }
            }
        }
    }

    private List<String> lines() throws IOException {
        try (InputStream raw = Files.newInputStream(cases);
                InputStream in = cases.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return reader.lines().filter(line -> !line.isBlank()).toList();
        }
    }

    private void print(List<Result> results, MaskBench bench) {
        if (details) {
            results.stream()
                    .filter(result -> result.outcome() != Outcome.PASSED)
                    .forEach(result ->
                            out.println(label(result.outcome()) + ": " + result.id() + ": " + result.detail()));
        }
        for (Outcome outcome : Outcome.values()) {
            long count = results.stream()
                    .filter(result -> result.outcome() == outcome)
                    .count();
            out.printf(Locale.ROOT, "%-28s %6d  %5.1f %%%n", label(outcome), count, 100.0 * count / results.size());
        }
        out.printf("%-14s %9s %9s %9s %9s %11s%n", "microseconds", "count", "mean", "p50", "p99", "max");
        print("mask", bench.maskNanos());
        print("compile", bench.compileNanos());
    }

    private static String label(Outcome outcome) {
        return switch (outcome) {
            case PASSED -> "passed";
            case COMPILE_ERROR -> "compile error";
            case WRONGLY_REJECTED -> "valid instance rejected";
            case WRONGLY_ACCEPTED -> "invalid instance accepted";
        };
    }

    private void print(String name, List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(n -> n).sorted().toArray();
        if (sorted.length > 0) {
            out.printf(
                    Locale.ROOT,
                    "%-14s %9d %9.1f %9.1f %9.1f %11.1f%n",
                    name,
                    sorted.length,
                    Arrays.stream(sorted).average().orElse(0) / 1e3,
                    sorted[sorted.length / 2] / 1e3,
                    sorted[(int) (sorted.length * 0.99)] / 1e3,
                    sorted[sorted.length - 1] / 1e3);
        }
    }
}
