package dev.martlet.bench;

import java.io.PrintStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** One line of the table: a benchmark's score, or one of its counters. */
record Row(String name, String parameters, double score, double error, String unit) {

    /** The primary score, then the counters, such as tokens a second. */
    static Stream<Row> of(RunResult result) {
        Stream<Row> primary = Stream.of(of(result, name(result), result.getPrimaryResult()));
        // By key: JMH's map holds raw results.
        Stream<Row> counters = result.getSecondaryResults().keySet().stream()
                .filter(counter -> !counter.startsWith("·"))
                .map(counter -> of(
                        result,
                        name(result) + ":" + counter,
                        result.getSecondaryResults().get(counter)));
        return Stream.concat(primary, counters);
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
                .map(key -> key + "=" + params.getParam(key))
                .collect(Collectors.joining(" "));
    }
}
