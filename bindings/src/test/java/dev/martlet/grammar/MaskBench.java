package dev.martlet.grammar;

import dev.martlet.model.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Runs cases of MaskBench (one JSON object a line: {@code id}, {@code schema}, {@code tests} with {@code valid} and
 * {@code data}) as its own runner does: each instance is written as Python's json.dumps does, tokenised, and fed token by
 * token, with a mask worked out before each. Times are processor time of the one thread, so that what else the machine
 * does is not counted.
 */
public final class MaskBench {

    /** What came of one case. */
    public enum Outcome {
        PASSED,
        COMPILE_ERROR,
        /** A valid instance was refused, and no invalid one accepted. */
        WRONGLY_REJECTED,
        /** An invalid instance was accepted. */
        WRONGLY_ACCEPTED
    }

    /** @param detail the compile error, or the instance that went wrong with where it did */
    public record Result(String id, Outcome outcome, String detail) {}

    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    private final TokenIndex index;
    private final Function<String, int[]> tokenizer;
    private final long[] mask;
    private final List<Long> maskNanos = new ArrayList<>();
    private final List<Long> compileNanos = new ArrayList<>();

    public MaskBench(Vocabulary vocabulary, Function<String, int[]> tokenizer) {
        this.index = new TokenIndex(vocabulary);
        this.tokenizer = tokenizer;
        this.mask = new long[index.words()];
    }

    /** Runs one line of a case file. */
    public Result run(String line) {
        JsonValue.Obj item = (JsonValue.Obj) JsonReader.read(line);
        String id = ((JsonValue.Str) item.members().get("id")).value();
        CompiledGrammar grammar;
        long start = CLOCK.getCurrentThreadCpuTime();
        try {
            String schema = written(item.members().get("schema"));
            start = CLOCK.getCurrentThreadCpuTime();
            grammar = Grammar.ofJsonSchema(schema).compile(index);
        } catch (GrammarException e) {
            return new Result(id, Outcome.COMPILE_ERROR, e.reason() + " " + e.getMessage());
        } finally {
            compileNanos.add(CLOCK.getCurrentThreadCpuTime() - start);
        }
        Result rejected = null;
        for (JsonValue test : ((JsonValue.Arr) item.members().get("tests")).items()) {
            JsonValue.Obj fields = (JsonValue.Obj) test;
            boolean valid = ((JsonValue.Bool) fields.members().get("valid")).value();
            String text = written(fields.members().get("data"));
            int refusedAt = feed(grammar, tokenizer.apply(text));
            if (!valid && refusedAt < 0) {
                return new Result(id, Outcome.WRONGLY_ACCEPTED, text);
            }
            if (valid && refusedAt >= 0) {
                byte[] prefix = prefix(tokenizer.apply(text), refusedAt);
                rejected = new Result(
                        id,
                        Outcome.WRONGLY_REJECTED,
                        "after " + new String(prefix, StandardCharsets.UTF_8) + " of " + text);
            }
        }
        return rejected == null ? new Result(id, Outcome.PASSED, "") : rejected;
    }

    private byte[] prefix(int[] tokens, int count) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            out.writeBytes(index.vocabulary().bytes(tokens[i]));
        }
        return out.toByteArray();
    }

    /** The index of the token that is refused, the number of tokens when the end is, or -1. */
    private int feed(CompiledGrammar grammar, int[] tokens) {
        GrammarMatcher matcher = grammar.matcher();
        for (int i = 0; i < tokens.length; i++) {
            long start = CLOCK.getCurrentThreadCpuTime();
            matcher.mask(mask);
            maskNanos.add(CLOCK.getCurrentThreadCpuTime() - start);
            boolean allowed = (mask[tokens[i] >> 6] >>> tokens[i] & 1) != 0;
            if (allowed != matcher.accept(tokens[i])) {
                throw new IllegalStateException("mask and matcher disagree on token " + tokens[i]);
            }
            if (!allowed) {
                return i;
            }
        }
        matcher.mask(mask);
        return matcher.mayEnd() ? -1 : tokens.length;
    }

    /** JSON as Python's json.dumps writes it with ensure_ascii off. */
    static String written(JsonValue value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(JsonValue value, StringBuilder out) {
        switch (value) {
            case JsonValue.Null n -> out.append("null");
            case JsonValue.Bool b -> out.append(b.value());
            case JsonValue.Num n -> out.append(n.text());
            case JsonValue.Str s -> write(s.value(), out);
            case JsonValue.Arr array -> {
                String separator = "[";
                for (JsonValue item : array.items()) {
                    out.append(separator);
                    write(item, out);
                    separator = ", ";
                }
                out.append(array.items().isEmpty() ? "[]" : "]");
            }
            case JsonValue.Obj object -> {
                String separator = "{";
                for (var member : object.members().entrySet()) {
                    out.append(separator);
                    write(member.getKey(), out);
                    out.append(": ");
                    write(member.getValue(), out);
                    separator = ", ";
                }
                out.append(object.members().isEmpty() ? "{}" : "}");
            }
        }
    }

    private static void write(String text, StringBuilder out) {
        out.append('"');
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> out.append(c < 0x20 ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        out.append('"');
    }

    /** Processor time of each mask so far, in nanoseconds. */
    public List<Long> maskNanos() {
        return List.copyOf(maskNanos);
    }

    /** Processor time of each compilation so far, in nanoseconds. */
    public List<Long> compileNanos() {
        return List.copyOf(compileNanos);
    }
}
