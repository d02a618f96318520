package dev.martlet.bench;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Part;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolCall;
import dev.martlet.chat.ToolChoice;
import dev.martlet.chat.template.Prompt;
import dev.martlet.chat.template.PromptOptions;
import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.model.Model;
import dev.martlet.model.ModelOptions;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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

/**
 * A request's way from its messages to the prompt's text, as the server goes it: ten messages, two of them calls of tools
 * and two results, and five tools. The template is compiled once.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class TemplateBenchmark {

    /**
     * {@code largest} of llama.cpp's bundle that the build fetched, {@code model}: the model's own, or a file's path.
     */
    @Param({"largest", "model"})
    public String template;

    private PromptRenderer renderer;
    private Conversation conversation;
    private PromptOptions options;

    @Setup
    public void open() throws IOException {
        renderer = PromptRenderer.of(Optional.of(source()), Map.of("bos_token", "<s>", "eos_token", "</s>"));
        conversation = new Conversation(messages(), tools(), new ToolChoice.Auto(), true);
        options = PromptOptions.defaults();
    }

    private String source() throws IOException {
        return switch (template) {
            case "largest" -> Files.readString(largest());
            case "model" -> ofModel();
            default -> Files.readString(Path.of(template));
        };
    }

    private static Path largest() throws IOException {
        Path home = Path.of(Optional.ofNullable(System.getenv("MARTLET_HOME"))
                .orElse(System.getProperty("user.home") + "/.cache/martlet"));
        try (Stream<Path> files = Files.walk(home.resolve("llama"))) {
            return files.filter(file -> file.toString().endsWith(".jinja"))
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow(() -> new IllegalStateException("no templates below " + home + "/llama"));
        }
    }

    private static String ofModel() {
        try (Model model = Model.open(
                Path.of(System.getProperty(BenchModel.FILE)),
                ModelOptions.defaults().withVocabularyOnly(true))) {
            return model.chatTemplate().orElseThrow(() -> new IllegalStateException("the model has no chat template"));
        }
    }

    private static List<Message> messages() {
        List<Message> messages = new ArrayList<>();
        messages.add(
                new Message.System(text("You are a helpful assistant who answers in one sentence."), Optional.empty()));
        for (int turn = 0; turn < 2; turn++) {
            messages.add(new Message.User(
                    text("Question " + turn + ": what is the weather like in the capital of Portugal?"),
                    Optional.empty()));
            ToolCall call = new ToolCall("call0000" + turn, "get_forecast_" + turn, "{\"city\":\"Lisbon\",\"days\":3}");
            messages.add(new Message.Assistant(List.of(), Optional.empty(), List.of(call), Optional.empty()));
            messages.add(new Message.ToolResult(
                    call.id(), text("{\"sky\":\"clear\",\"wind\":\"light, from the west\"}"), Optional.empty()));
            messages.add(new Message.Assistant(
                    text("Answer " + turn + ": it is sunny, with a light wind from the west."),
                    Optional.empty(),
                    List.of(),
                    Optional.empty()));
        }
        messages.add(new Message.User(text("And tomorrow?"), Optional.empty()));
        return messages;
    }

    private static List<Part> text(String text) {
        return List.of(new Part.Text(text));
    }

    private static List<Tool> tools() {
        List<Tool> tools = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            JsonObject properties = Json.createObjectBuilder()
                    .add("city", property("string", "The city's name"))
                    .add("days", property("integer", "For how many days"))
                    .add("unit", property("string", "celsius or fahrenheit"))
                    .build();
            JsonObject parameters = Json.createObjectBuilder()
                    .add("type", "object")
                    .add("properties", properties)
                    .add("required", Json.createArrayBuilder().add("city"))
                    .build();
            String description = "The weather forecast of a place for some days";
            JsonObject function = Json.createObjectBuilder()
                    .add("name", "get_forecast_" + i)
                    .add("description", description)
                    .add("parameters", parameters)
                    .build();
            JsonObject definition = Json.createObjectBuilder()
                    .add("type", "function")
                    .add("function", function)
                    .build();
            tools.add(new Tool.Function(
                    "get_forecast_" + i, Optional.of(description), Optional.of(parameters), false, definition));
        }
        return tools;
    }

    private static JsonObject property(String type, String description) {
        return Json.createObjectBuilder()
                .add("type", type)
                .add("description", description)
                .build();
    }

    @Benchmark
    public Prompt render() {
        return renderer.render(conversation, options);
    }
}
