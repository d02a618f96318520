package dev.martlet.bench;

import dev.martlet.chat.template.JinjaTemplate;
import dev.martlet.model.Model;
import dev.martlet.model.ModelOptions;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Rendering a conversation of ten messages and five tools with a template: the model's own, or the file named by the
 * environment variable {@code MARTLET_BENCH_TEMPLATE}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class TemplateBenchmark {
    private JinjaTemplate template;
    private JsonObject context;

    @Setup
    public void open() throws IOException {
        template = JinjaTemplate.compile(source());
        context = Json.createObjectBuilder()
                .add("messages", messages())
                .add("tools", tools())
                .add("add_generation_prompt", true)
                .add("bos_token", "<s>")
                .add("eos_token", "</s>")
                .build();
    }

    private static String source() throws IOException {
        String file = System.getenv("MARTLET_BENCH_TEMPLATE");
        if (file != null) {
            return Files.readString(Path.of(file));
        }
        try (Model model = Model.open(
                Path.of(System.getProperty(BenchModel.FILE)),
                ModelOptions.defaults().withVocabularyOnly(true))) {
            return model.chatTemplate().orElseThrow(() -> new IllegalStateException("the model has no chat template"));
        }
    }

    private static JsonArrayBuilder messages() {
        JsonArrayBuilder messages = Json.createArrayBuilder();
        messages.add(message("system", "You are a helpful assistant who answers in one sentence."));
        for (int turn = 0; turn < 4; turn++) {
            messages.add(
                    message("user", "Question " + turn + ": what is the weather like in the capital of Portugal?"));
            messages.add(message("assistant", "Answer " + turn + ": it is sunny, with a light wind from the west."));
        }
        return messages.add(message("user", "And tomorrow?"));
    }

    private static JsonObject message(String role, String content) {
        return Json.createObjectBuilder()
                .add("role", role)
                .add("content", content)
                .build();
    }

    private static JsonArrayBuilder tools() {
        JsonArrayBuilder tools = Json.createArrayBuilder();
        for (int i = 0; i < 5; i++) {
            JsonObject city = Json.createObjectBuilder()
                    .add("type", "string")
                    .add("description", "The city's name")
                    .build();
            JsonObject parameters = Json.createObjectBuilder()
                    .add("type", "object")
                    .add("properties", Json.createObjectBuilder().add("city", city))
                    .add("required", Json.createArrayBuilder().add("city"))
                    .build();
            JsonObject function = Json.createObjectBuilder()
                    .add("name", "get_forecast_" + i)
                    .add("description", "The weather forecast of a place for some days")
                    .add("parameters", parameters)
                    .build();
            tools.add(Json.createObjectBuilder().add("type", "function").add("function", function));
        }
        return tools;
    }

    @Benchmark
    public String render() {
        return template.render(context);
    }
}
