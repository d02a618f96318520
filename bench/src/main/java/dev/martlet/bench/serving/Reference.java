package dev.martlet.bench.serving;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The same work on the same libraries without a server: what kernels alone need.
 *
 * @param folder of {@code straight}
 * @param peers of {@code llama-bench} and the libraries
 * @param work for files that live as long as a run
 */
record Reference(Path folder, Path peers, Path work, Path model, int threads) {
    private static final String STRAIGHT = "C API";
    private static final String BENCH = "llama-bench";

    /** The name of what is run for a row; empty where there is nothing. */
    static String name(Workload workload) {
        return switch (workload) {
            case FanOut fanOut -> STRAIGHT;
            case Single single -> BENCH;
            case Mixed mixed -> "";
            case Streams streams -> "";
            case Conversation conversation -> "";
            case Arrival arrival -> "";
            case Resident resident -> "";
        };
    }

    /** Does a row's work; the row must be one with a {@link #name}. */
    Run run(Workload workload, long seed, Duration limit) throws InterruptedException {
        return switch (workload) {
            case FanOut fanOut -> straight(fanOut, seed, limit);
            case Single single -> bench(single, limit);
            case Mixed mixed -> throw without(mixed);
            case Streams streams -> throw without(streams);
            case Conversation conversation -> throw without(conversation);
            case Arrival arrival -> throw without(arrival);
            case Resident resident -> throw without(resident);
        };
    }

    private static IllegalArgumentException without(Workload workload) {
        return new IllegalArgumentException("no reference for " + workload.id());
    }

    private Run straight(FanOut workload, long seed, Duration limit) throws InterruptedException {
        List<Chat> chats = workload.chats(seed);
        StringBuilder prompts =
                new StringBuilder(chats.getFirst().messages().getFirst().text());
        chats.forEach(
                chat -> prompts.append('\n').append(chat.messages().getLast().text()));
        List<String> output = call(
                List.of(
                        folder.resolve("straight").toString(),
                        model.toString(),
                        peers.toString(),
                        Integer.toString(threads),
                        Integer.toString(workload.outputTokens())),
                prompts + "\n",
                limit);
        return readStraight(output);
    }

    static Run readStraight(List<String> output) {
        Map<String, List<Double>> values = output.stream()
                .map(line -> line.split(" ", 2))
                .collect(Collectors.groupingBy(
                        parts -> parts[0], Collectors.mapping(parts -> Double.valueOf(parts[1]), Collectors.toList())));
        List<Double> firsts = values.remove("ttft_s");
        Map<String, Double> details = new HashMap<>();
        values.forEach((name, list) -> details.put(name, list.getFirst()));
        return new Run(
                        Map.of(),
                        details.get("prompt_tokens").longValue(),
                        0,
                        details.get("output_tokens").longValue(),
                        List.of(),
                        details)
                .with(Figure.WALL, details.get("wall_s"))
                .with(Figure.FIRST_P50, Stats.percentile(firsts, 0.5))
                .with(Figure.FIRST_P95, Stats.percentile(firsts, 0.95))
                .with(Figure.GAP, details.get("gap_s"));
    }

    private Run bench(Single workload, Duration limit) throws InterruptedException {
        return readBench(call(
                List.of(
                        peers.resolve("llama-bench").toString(),
                        "-m",
                        model.toString(),
                        "-t",
                        Integer.toString(threads),
                        "-p",
                        Integer.toString(workload.promptTokens()),
                        "-n",
                        Integer.toString(workload.outputTokens()),
                        "-r",
                        "1",
                        "-o",
                        "jsonl"),
                "",
                limit));
    }

    static Run readBench(List<String> output) {
        Run run = new Run(Map.of(), 0, 0, 0, List.of(), Map.of());
        for (String line : output) {
            if (!line.startsWith("{")) {
                continue;
            }
            try (JsonReader reader = Json.createReader(new StringReader(line))) {
                JsonObject test = reader.readObject();
                run = run.with(
                        test.getInt("n_gen") > 0 ? Figure.DECODE_RATE : Figure.PREFILL_RATE,
                        test.getJsonNumber("avg_ts").doubleValue());
            }
        }
        return run;
    }

    private List<String> call(List<String> command, String input, Duration limit) throws InterruptedException {
        Path in = work.resolve("reference.in");
        Path out = work.resolve("reference.out");
        Path errors = work.resolve("reference.err");
        try {
            Files.writeString(in, input);
            Process process = new ProcessBuilder(new ArrayList<>(command))
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(errors.toFile())
                    .start();
            try {
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new ServingException(command.getFirst() + " took longer than " + limit.toSeconds() + " s");
                }
            } finally {
                process.destroyForcibly();
            }
            if (process.exitValue() != 0) {
                throw new ServingException(command.getFirst() + " ended with status " + process.exitValue() + ": "
                        + Files.readString(errors, StandardCharsets.ISO_8859_1).strip());
            }
            return Files.readAllLines(out, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ServingException("cannot run " + command.getFirst() + ": " + e.getMessage(), e);
        }
    }
}
