package dev.martlet.cli;

import dev.martlet.chat.ToolCall;
import dev.martlet.chat.ToolChoice;
import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.chat.template.TemplateException;
import dev.martlet.chat.toolcall.Answer;
import dev.martlet.chat.toolcall.ChatEvent;
import dev.martlet.chat.toolcall.OutputParser;
import dev.martlet.chat.toolcall.ParserOptions;
import dev.martlet.chat.toolcall.StopCause;
import dev.martlet.chat.toolcall.ToolCallFormat;
import dev.martlet.chat.toolcall.ToolCallFormats;
import dev.martlet.server.FormatChoice;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Turns raw model output on standard input into the assistant's message as JSON. */
@Command(
        name = "parse",
        mixinStandardHelpOptions = true,
        description = "Parses raw model output: standard input becomes the assistant message as JSON.")
public final class ParseCommand implements Callable<Integer> {
    private static final String AUTO = "auto";
    private static final JsonReaderFactory READERS = Json.createReaderFactory(Map.of());

    @Option(
            names = "--format",
            paramLabel = "ID",
            description = "The tool-call format, or 'auto' to detect it from --template; 'list' prints all.")
    private String format = AUTO;

    @Option(names = "--template", paramLabel = "FILE", description = "The chat template to detect the format from.")
    private Optional<Path> template = Optional.empty();

    @Option(names = "--tools", paramLabel = "FILE", description = "The declared tools: a JSON array as in a request.")
    private Optional<Path> tools = Optional.empty();

    @Option(names = "--prompt-suffix", paramLabel = "TEXT", description = "What the rendered prompt ends with.")
    private String promptSuffix = "";

    @Option(names = "--tool-choice", paramLabel = "CHOICE", description = "auto, none, required or a tool's name.")
    private String toolChoice = "auto";

    @Option(names = "--no-parallel", description = "Pass on at most one call.")
    private boolean noParallel;

    @Option(names = "--stop", paramLabel = "CAUSE", description = "Why the text ended: stop or length.")
    private String stop = "stop";

    @Option(names = "--chunk", paramLabel = "N", description = "Push N code points at a time; 0 pushes all at once.")
    private int chunk;

    @Option(names = "--events", description = "Print the events, one JSON line each, instead of the message.")
    private boolean events;

    @Option(
            names = "--batch",
            paramLabel = "FILE",
            description = "Cases, one JSON object a line; '-' is standard input.")
    private Optional<String> batch = Optional.empty();

    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;

    public ParseCommand() {
        this(System.in, System.out, System.err);
    }

    /** A command on streams other than the process's; text is UTF-8. */
    public ParseCommand(InputStream in, PrintStream out, PrintStream err) {
        this.in = in;
        this.out = new PrintStream(out, true, StandardCharsets.UTF_8);
        this.err = new PrintStream(err, true, StandardCharsets.UTF_8);
    }

    /** What is wrong with the input, in a line for its author. */
    private static final class BadInput extends Exception {
        private static final long serialVersionUID = 1L;

        BadInput(String message) {
            super(message);
        }
    }

    private record Parsed(List<ChatEvent> events, Answer answer) {}

    /** Returns 0, 1 when lines of a batch were bad, 2 when nothing could be done. */
    @Override
    public Integer call() {
        try {
            if (format.equals("list")) {
                ToolCallFormats.all().forEach(each -> out.println(each.id()));
                return 0;
            }
            return batch.isPresent() ? runBatch(batch.get()) : runOne();
        } catch (BadInput e) {
            err.println("martlet parse: " + e.getMessage());
            return 2;
        } catch (IOException e) {
            err.println("martlet parse: cannot read the input: " + e.getMessage());
            return 2;
        } finally {
            out.flush();
            err.flush();
        }
    }

    private int runOne() throws BadInput, IOException {
        ToolCallFormat chosen = format(format, "--format");
        if (chunk < 0) {
            throw new BadInput("--chunk must be 0 or more, not " + chunk);
        }
        ParserOptions options = ParserOptions.of(declared())
                .withPromptSuffix(promptSuffix)
                .withToolChoice(choice(toolChoice))
                .withParallelToolCalls(!noParallel);
        StopCause cause = cause(stop, "--stop");
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        Parsed parsed = parse(chosen, options, text, cause, chunk == 0 ? List.of() : List.of(chunk));
        if (events) {
            parsed.events().forEach(event -> out.println(json(event)));
        } else {
            out.println(message(parsed.answer()));
        }
        return 0;
    }

    private List<dev.martlet.chat.Tool> declared() throws BadInput {
        if (tools.isEmpty()) {
            return List.of();
        }
        JsonValue value = json(read(tools.get(), "--tools"), "--tools " + tools.get());
        if (!(value instanceof JsonArray array)) {
            throw new BadInput("--tools " + tools.get() + ": an array of tools is wanted, not " + kind(value));
        }
        return toolList(array, "--tools " + tools.get());
    }

    private int runBatch(String source) throws BadInput, IOException {
        int bad = 0;
        try (BufferedReader lines = source.equals("-")
                ? new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(Path.of(source))) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                JsonValue id = JsonValue.NULL;
                try {
                    JsonValue value = json(line, "line " + number);
                    if (!(value instanceof JsonObject each)) {
                        throw new BadInput("line " + number + ": an object is wanted, not " + kind(value));
                    }
                    id = each.getOrDefault("id", JsonValue.NULL);
                    out.println(batchCase(each, id, "line " + number));
                } catch (BadInput e) {
                    bad++;
                    err.println("martlet parse: " + e.getMessage());
                    out.println(Json.createObjectBuilder()
                            .add("id", id)
                            .add("error", e.getMessage())
                            .build());
                }
            }
        } catch (NoSuchFileException e) {
            throw new BadInput("--batch " + source + ": no such file");
        }
        return bad == 0 ? 0 : 1;
    }

    private JsonObject batchCase(JsonObject each, JsonValue id, String where) throws BadInput {
        ToolCallFormat chosen = format(string(each, "format", format, where), where + ", field format");
        JsonValue declared = each.getOrDefault("tools", JsonValue.EMPTY_JSON_ARRAY);
        if (declared == JsonValue.NULL) {
            declared = JsonValue.EMPTY_JSON_ARRAY;
        }
        if (!(declared instanceof JsonArray array)) {
            throw new BadInput(where + ", field tools: an array is wanted, not " + kind(declared));
        }
        if (!each.containsKey("output")) {
            throw new BadInput(where + ", field output: is missing");
        }
        JsonValue parallel = each.getOrDefault("parallel_tool_calls", JsonValue.TRUE);
        ParserOptions options = ParserOptions.of(toolList(array, where + ", field tools"))
                .withPromptSuffix(string(each, "prompt_suffix", "", where))
                .withToolChoice(choice(each.getOrDefault("tool_choice", JsonValue.NULL), where))
                .withParallelToolCalls(parallel != JsonValue.FALSE);
        StopCause cause = cause(string(each, "stop", "stop", where), where + ", field stop");
        Parsed parsed = parse(chosen, options, string(each, "output", "", where), cause, chunks(each, where));
        JsonArrayBuilder list = Json.createArrayBuilder();
        parsed.events().forEach(event -> list.add(json(event)));
        return Json.createObjectBuilder()
                .add("id", id)
                .add("message", message(parsed.answer()))
                .add("finish_reason", name(parsed.answer().finishReason()))
                .add("events", list)
                .build();
    }

    /** Sizes of the pushes in code points; the last one repeats. Empty means one push. */
    private List<Integer> chunks(JsonObject each, String where) throws BadInput {
        JsonValue size = each.getOrDefault("chunk", JsonValue.NULL);
        JsonValue sizes = each.getOrDefault("chunks", JsonValue.NULL);
        List<JsonValue> values = sizes instanceof JsonArray array ? array : List.of(size);
        if (sizes != JsonValue.NULL && !(sizes instanceof JsonArray)) {
            throw new BadInput(where + ", field chunks: an array is wanted, not " + kind(sizes));
        }
        List<Integer> counts = new ArrayList<>();
        for (JsonValue value : values) {
            if (value == JsonValue.NULL) {
                continue;
            }
            boolean whole = value instanceof JsonNumber number && number.isIntegral();
            if (!whole || ((JsonNumber) value).intValue() < 1) {
                if (whole && ((JsonNumber) value).intValue() == 0 && sizes == JsonValue.NULL) {
                    return List.of();
                }
                throw new BadInput(where + ", field chunk: a whole number above 0 is wanted, not " + value);
            }
            counts.add(((JsonNumber) value).intValue());
        }
        if (counts.isEmpty() && chunk > 0) {
            counts.add(chunk);
        }
        return counts;
    }

    private static Parsed parse(
            ToolCallFormat format, ParserOptions options, String text, StopCause cause, List<Integer> sizes) {
        List<ChatEvent> events = new ArrayList<>();
        var fold = new Answer.Fold();
        OutputParser parser = format.parser(options);
        int at = 0;
        for (int i = 0; at < text.length(); i++) {
            int left = text.codePointCount(at, text.length());
            int size = sizes.isEmpty() ? left : sizes.get(Math.min(i, sizes.size() - 1));
            int end = text.offsetByCodePoints(at, Math.min(size, left));
            parser.push(text.substring(at, end), false, events::add);
            at = end;
        }
        parser.finish(cause, events::add);
        events.forEach(fold);
        return new Parsed(events, fold.answer(cause));
    }

    // Input

    private ToolCallFormat format(String id, String where) throws BadInput {
        if (id.equals(AUTO)) {
            if (template.isEmpty()) {
                throw new BadInput(where + ": auto needs --template FILE to detect the format from");
            }
            Optional<String> source = Optional.of(read(template.get(), "--template"));
            try {
                FormatChoice choice = FormatChoice.of(source, PromptRenderer.of(source, Map.of()));
                if (choice.doubtful()) {
                    err.println("martlet parse: format " + choice.format().id() + ": " + choice.reason());
                }
                return choice.format();
            } catch (TemplateException e) {
                throw new BadInput("--template " + template.get() + ": " + e.getMessage());
            }
        }
        return ToolCallFormats.byId(id)
                .orElseThrow(() -> new BadInput(
                        where + ": no tool-call format is called '" + id + "' (--format list prints all)"));
    }

    private static String read(Path file, String option) throws BadInput {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new BadInput(option + " " + file + ": no such file");
        } catch (IOException e) {
            throw new BadInput(option + " " + file + ": cannot be read: " + e.getMessage());
        }
    }

    private static JsonValue json(String text, String where) throws BadInput {
        try (JsonReader reader = READERS.createReader(new StringReader(text))) {
            return reader.readValue();
        } catch (JsonException | IllegalStateException e) {
            throw new BadInput(where + ": is no JSON: " + e.getMessage().replaceAll("\\s+", " "));
        }
    }

    private static String string(JsonObject object, String key, String absent, String where) throws BadInput {
        JsonValue value = object.getOrDefault(key, JsonValue.NULL);
        if (value == JsonValue.NULL) {
            return absent;
        }
        if (value instanceof JsonString text) {
            return text.getString();
        }
        throw new BadInput(where + ", field " + key + ": a string is wanted, not " + kind(value));
    }

    private static String kind(JsonValue value) {
        return value.getValueType().name().toLowerCase(Locale.ROOT);
    }

    private static StopCause cause(String text, String where) throws BadInput {
        return switch (text) {
            case "stop" -> StopCause.STOP;
            case "length" -> StopCause.LENGTH;
            default -> throw new BadInput(where + ": stop or length is wanted, not '" + text + "'");
        };
    }

    private static ToolChoice choice(String text) {
        return switch (text) {
            case "auto" -> new ToolChoice.Auto();
            case "none" -> new ToolChoice.None();
            case "required" -> new ToolChoice.Required();
            default -> new ToolChoice.Named(text);
        };
    }

    private static ToolChoice choice(JsonValue value, String where) throws BadInput {
        if (value == JsonValue.NULL) {
            return new ToolChoice.Auto();
        }
        if (value instanceof JsonString word) {
            return choice(word.getString());
        }
        if (value instanceof JsonObject object) {
            return object.get("function") instanceof JsonObject function
                            && function.get("name") instanceof JsonString name
                    ? new ToolChoice.Named(name.getString())
                    : new ToolChoice.Auto();
        }
        throw new BadInput(where + ", field tool_choice: a string or an object is wanted, not " + kind(value));
    }

    private static List<dev.martlet.chat.Tool> toolList(JsonArray array, String where) throws BadInput {
        List<dev.martlet.chat.Tool> list = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            String at = where + ", tool " + i;
            if (!(array.get(i) instanceof JsonObject tool)) {
                throw new BadInput(at + ": an object is wanted, not " + kind(array.get(i)));
            }
            if (tool.get("function") instanceof JsonObject function) {
                String name = string(function, "name", "", at);
                if (name.isEmpty()) {
                    throw new BadInput(at + ", field function.name: is missing");
                }
                list.add(new dev.martlet.chat.Tool.Function(
                        name,
                        Optional.ofNullable(function.get("description"))
                                .filter(JsonString.class::isInstance)
                                .map(text -> ((JsonString) text).getString()),
                        Optional.ofNullable(function.get("parameters"))
                                .filter(JsonObject.class::isInstance)
                                .map(JsonValue::asJsonObject),
                        function.get("strict") == JsonValue.TRUE,
                        tool));
            } else {
                String type = string(tool, "type", "", at);
                if (type.isEmpty() || type.equals("function")) {
                    throw new BadInput(at + ": has neither a function nor a built-in's type");
                }
                list.add(new dev.martlet.chat.Tool.BuiltIn(type, tool));
            }
        }
        return list;
    }

    // Output

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static JsonObject message(Answer answer) {
        JsonObjectBuilder message = Json.createObjectBuilder().add("role", "assistant");
        answer.content().ifPresentOrElse(text -> message.add("content", text), () -> message.addNull("content"));
        answer.reasoning().ifPresent(text -> message.add("reasoning_content", text));
        if (!answer.toolCalls().isEmpty()) {
            JsonArrayBuilder calls = Json.createArrayBuilder();
            for (ToolCall call : answer.toolCalls()) {
                calls.add(Json.createObjectBuilder()
                        .add("id", call.id())
                        .add("type", "function")
                        .add(
                                "function",
                                Json.createObjectBuilder()
                                        .add("name", call.name())
                                        .add("arguments", call.arguments())));
            }
            message.add("tool_calls", calls);
        }
        return message.build();
    }

    private static JsonObject json(ChatEvent event) {
        JsonObjectBuilder object = Json.createObjectBuilder();
        switch (event) {
            case ChatEvent.Content more -> object.add("type", "content").add("text", more.text());
            case ChatEvent.Reasoning more -> object.add("type", "reasoning").add("text", more.text());
            case ChatEvent.CallBegin begin ->
                object.add("type", "call_begin")
                        .add("index", begin.index())
                        .add("id", begin.id())
                        .add("name", begin.name());
            case ChatEvent.CallArguments more ->
                object.add("type", "call_arguments").add("index", more.index()).add("json", more.json());
            case ChatEvent.CallEnd end ->
                object.add("type", "call_end").add("index", end.index()).add("complete", end.complete());
        }
        return object.build();
    }
}
