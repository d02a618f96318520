package dev.martlet.bench;

import dev.martlet.chat.Tool;
import dev.martlet.chat.toolcall.OutputParser;
import dev.martlet.chat.toolcall.ParserOptions;
import dev.martlet.chat.toolcall.StopCause;
import dev.martlet.chat.toolcall.ToolCallFormat;
import dev.martlet.chat.toolcall.ToolCallFormats;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** The tool-call parser fed in pieces of a token's size: plain text, and one call with long arguments. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 6, time = 1)
@Measurement(iterations = 5, time = 1)
public class ParserBenchmark {

    /** Characters of a piece. */
    private static final int PIECE = 4;

    /** What the model writes. */
    public enum Kind {
        PROSE,
        ARGUMENTS
    }

    @Param({"hermes", "llama3_json", "glm4", "qwen3_coder", "gpt_oss"})
    public String format;

    @Param
    public Kind kind;

    /** Length of the text. */
    @Param({"1000", "1000000"})
    public int characters;

    private ToolCallFormat toolCalls;
    private ParserOptions options;
    private String[] pieces;

    /** Characters parsed; JMH reports them per second. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class CharacterCounter {
        public long characters;
    }

    @Setup
    public void open() {
        toolCalls = ToolCallFormats.byId(format).orElseThrow();
        JsonObject parameters = Json.createObjectBuilder()
                .add(
                        "properties",
                        Json.createObjectBuilder()
                                .add("text", Json.createObjectBuilder().add("type", "string")))
                .build();
        options = ParserOptions.of(List.of(new Tool.Function(
                "write_file", Optional.empty(), Optional.of(parameters), false, JsonValue.EMPTY_JSON_OBJECT)));
        String text = switch (kind) {
            case PROSE -> filler();
            case ARGUMENTS -> call("{\"text\": \"" + filler() + "\"}");
        };
        pieces = new String[(text.length() + PIECE - 1) / PIECE];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = text.substring(i * PIECE, Math.min(text.length(), (i + 1) * PIECE));
        }
    }

    private String filler() {
        String sentence = "The quick brown fox jumps over the lazy dog; it does so again. ";
        return sentence.repeat(characters / sentence.length() + 1).substring(0, characters);
    }

    private String call(String arguments) {
        return switch (format) {
            case "hermes" -> "<tool_call>\n{\"name\": \"write_file\", \"arguments\": " + arguments + "}\n</tool_call>";
            case "llama3_json" -> "{\"name\": \"write_file\", \"parameters\": " + arguments + "}";
            case "glm4" -> "write_file\n" + arguments;
            case "qwen3_coder" ->
                "<tool_call>\n<function=write_file>\n<parameter=text>\n" + filler()
                        + "\n</parameter>\n</function>\n</tool_call>";
            case "gpt_oss" ->
                "<|channel|>commentary to=functions.write_file <|constrain|>json<|message|>" + arguments + "<|call|>";
            default -> throw new IllegalStateException(format);
        };
    }

    @Benchmark
    public void parse(CharacterCounter counter, Blackhole events) {
        OutputParser parser = toolCalls.parser(options);
        for (String piece : pieces) {
            parser.push(piece, false, events::consume);
        }
        parser.finish(StopCause.STOP, events::consume);
        counter.characters += characters;
    }
}
