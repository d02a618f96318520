package dev.martlet.bench;

import java.io.PrintStream;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** One line of the table: a benchmark's score, one of its counters, or what a token costs where it counts tokens. */
record Row(String name, String parameters, double score, double error, String unit) {

    private static final String TOKENS = "tokens";

    /** Of JMH's profiler gc: bytes that an operation allocates. */
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    /** The primary score, then the counters, such as tokens a second, then time and bytes for each token. */
    static Stream<Row> of(RunResult result) {
        Stream<Row> primary = Stream.of(of(result, name(result), result.getPrimaryResult()));
        // By key: JMH's map holds raw results.
        Stream<Row> counters = result.getSecondaryResults().keySet().stream()
                .filter(counter -> !counter.contains("gc."))
                .map(counter -> of(
                        result,
                        name(result) + ":" + counter,
                        result.getSecondaryResults().get(counter)));
        return Stream.of(primary, counters, ofToken(result)).flatMap(rows -> rows);
    }

    /** In throughput mode a second has so many operations and so many tokens. */
    private static Stream<Row> ofToken(RunResult result) {
        Map<String, ?> all = result.getSecondaryResults();
        if (!all.containsKey(TOKENS) || result.getParams().getMode() != Mode.Throughput) {
            return Stream.empty();
        }
        String name = name(result) + ":token";
        String parameters = parameters(result.getParams());
        double tokens = result.getSecondaryResults().get(TOKENS).getScore();
        double nanos = result.getParams().getTimeUnit().toNanos(1) / tokens;
        Stream<Row> time = Stream.of(new Row(name, parameters, nanos, Double.NaN, "ns/token"));
        Stream<Row> bytes = all.keySet().stream()
                .filter(counter -> counter.endsWith(ALLOCATED))
                .map(counter -> result.getSecondaryResults().get(counter).getScore())
                .map(each -> each * result.getPrimaryResult().getScore() / tokens)
                .map(each -> new Row(name, parameters, each, Double.NaN, "B/token"));
        return Stream.concat(time, bytes);
    }

    static String name(RunResult result) {
        String[] parts = result.getParams().getBenchmark().split("\\.");
        return parts[parts.length - 2].replace("Benchmark", "") + "." + parts[parts.length - 1];
    }

    void print(PrintStream to) {
        to.printf("%-32s %-34s %14.3f %12s  %s%n", name, parameters, score, interval(), unit);
    }

    // A single iteration has no confidence interval.
    private String interval() {
        return Double.isNaN(error) ? "" : String.format("±%.3f", error);
    }

    private static Row of(RunResult result, String name, Result<?> value) {
        return new Row(
                name, parameters(result.getParams()), value.getScore(), value.getScoreError(), value.getScoreUnit());
    }

    private static String parameters(BenchmarkParams params) {
        return params.getParamsKeys().stream()
                .map(key -> key + "=" + params.getParam(key).replace("\n", "\\n"))
                .collect(Collectors.joining(" "));
    }
}
