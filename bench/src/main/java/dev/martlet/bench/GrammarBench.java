package dev.martlet.bench;

import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.GrammarException;
import dev.martlet.grammar.GrammarMatcher;
import dev.martlet.grammar.TokenIndex;
import dev.martlet.model.Model;
import dev.martlet.model.ModelOptions;
import dev.martlet.model.Tokenizer;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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

    private enum Outcome {
        PASSED("passed"),
        COMPILE_ERROR("compile error"),
        WRONGLY_REJECTED("valid instance rejected"),
        WRONGLY_ACCEPTED("invalid instance accepted");

        private final String label;

        Outcome(String label) {
            this.label = label;
        }
    }

    /** What came of a case, and for all but a pass the error or the instance. */
    private record Result(Outcome outcome, String detail) {}

    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
    private static final JsonReaderFactory READERS = Json.createReaderFactory(Map.of());

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

    private final List<Long> maskNanos = new ArrayList<>();
    private final List<Long> compileNanos = new ArrayList<>();
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
            int[] counts = new int[Outcome.values().length];
            for (int run = 1; run <= runs; run++) {
                TokenIndex index = new TokenIndex(model.vocabulary());
                Arrays.fill(counts, 0);
                maskNanos.clear();
                compileNanos.clear();
                for (String line : lines) {
                    counts[run(line, index, model.tokenizer(), run == runs).ordinal()]++;
                }
            }
            print(counts, lines.size());
            return counts[Outcome.WRONGLY_ACCEPTED.ordinal()] == 0 ? 0 : 1;
        }
    }

    private List<String> lines() throws IOException {
        try (InputStream raw = Files.newInputStream(cases);
                InputStream in = cases.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return reader.lines().filter(line -> !line.isBlank()).toList();
        }
    }

    private Outcome run(String line, TokenIndex index, Tokenizer tokens, boolean told) {
        try (JsonReader reader = READERS.createReader(new StringReader(line))) {
            JsonObject item = reader.readObject();
            Result result = result(item, index, tokens);
            if (told && details && result.outcome() != Outcome.PASSED) {
                out.println(result.outcome().label + ": " + item.getString("id") + ": " + result.detail());
            }
            return result.outcome();
        }
    }

    private Result result(JsonObject item, TokenIndex index, Tokenizer tokens) {
        String schema = written(item.get("schema"));
        CompiledGrammar grammar;
        long start = CLOCK.getCurrentThreadCpuTime();
        try {
            grammar = Grammar.ofJsonSchema(schema).compile(index);
        } catch (GrammarException e) {
            return new Result(Outcome.COMPILE_ERROR, e.reason() + " " + e.getMessage());
        } finally {
            compileNanos.add(CLOCK.getCurrentThreadCpuTime() - start);
        }
        Result result = new Result(Outcome.PASSED, "");
        for (JsonObject test : item.getJsonArray("tests").getValuesAs(JsonObject.class)) {
            String text = written(test.get("data"));
            boolean valid = test.getBoolean("valid");
            boolean accepted = accepts(grammar, tokens.encode(text, false, false));
            if (accepted && !valid) {
                return new Result(Outcome.WRONGLY_ACCEPTED, text);
            }
            if (!accepted && valid) {
                result = new Result(Outcome.WRONGLY_REJECTED, text);
            }
        }
        return result;
    }

    private boolean accepts(CompiledGrammar grammar, int[] tokens) {
        GrammarMatcher matcher = grammar.matcher();
        long[] mask = new long[grammar.index().words()];
        for (int token : tokens) {
            time(matcher, mask);
            boolean allowed = (mask[token >> 6] >>> token & 1) != 0;
            if (allowed != matcher.accept(token)) {
                throw new IllegalStateException("mask and matcher disagree on token " + token);
            }
            if (!allowed) {
                return false;
            }
        }
        time(matcher, mask);
        return matcher.mayEnd();
    }

    private void time(GrammarMatcher matcher, long[] mask) {
        long start = CLOCK.getCurrentThreadCpuTime();
        matcher.mask(mask);
        maskNanos.add(CLOCK.getCurrentThreadCpuTime() - start);
    }

    private void print(int[] counts, int cases) {
        for (Outcome outcome : Outcome.values()) {
            int count = counts[outcome.ordinal()];
            out.printf(Locale.ROOT, "%-28s %6d  %5.1f %%%n", outcome.label, count, 100.0 * count / cases);
        }
        out.printf("%-14s %9s %9s %9s %9s %11s%n", "microseconds", "count", "mean", "p50", "p99", "max");
        print("mask", maskNanos);
        print("compile", compileNanos);
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

    /** JSON as Python's json.dumps writes it with ensure_ascii off. */
    private static String written(JsonValue value) {
        StringBuilder text = new StringBuilder();
        write(value, text);
        return text.toString();
    }

    private static void write(JsonValue value, StringBuilder to) {
        switch (value.getValueType()) {
            case OBJECT -> {
                String separator = "{";
                for (Map.Entry<String, JsonValue> member : value.asJsonObject().entrySet()) {
                    to.append(separator);
                    write(member.getKey(), to);
                    to.append(": ");
                    write(member.getValue(), to);
                    separator = ", ";
                }
                to.append(separator.equals("{") ? "{}" : "}");
            }
            case ARRAY -> {
                String separator = "[";
                for (JsonValue item : value.asJsonArray()) {
                    to.append(separator);
                    write(item, to);
                    separator = ", ";
                }
                to.append(separator.equals("[") ? "[]" : "]");
            }
            case STRING -> write(((JsonString) value).getString(), to);
            case NUMBER, TRUE, FALSE, NULL -> to.append(value.toString().replace('E', 'e'));
        }
    }

    private static void write(String text, StringBuilder to) {
        to.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> to.append("\\\"");
                case '\\' -> to.append("\\\\");
                case '\n' -> to.append("\\n");
                case '\r' -> to.append("\\r");
                case '\t' -> to.append("\\t");
                case '\b' -> to.append("\\b");
                case '\f' -> to.append("\\f");
                default -> {
                    if (c < ' ') {
                        to.append(String.format("\\u%04x", (int) c));
                    } else {
                        to.append(c);
                    }
                }
            }
        }
        to.append('"');
    }
}
