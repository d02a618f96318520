package dev.martlet.anthropic;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.ContentReader;
import dev.martlet.openai.FieldNames;
import dev.martlet.openai.Fields;
import dev.martlet.openai.FormatReader;
import dev.martlet.openai.GenerationReader;
import dev.martlet.openai.ResponseFormat;
import dev.martlet.openai.SamplingFields;
import dev.martlet.openai.TemplateVariables;
import dev.martlet.openai.ToolReader;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;

/** Reads one request for a message, or for the length of its prompt. */
public final class MessagesReader {
    static final FieldNames NAMES = new FieldNames("messages", "tools", "input_schema", "tool_choice", "messages");

    private static final int MOST_STOPS = 64;

    private final Fields fields;
    private final boolean counting;
    private final List<String> ignored = new ArrayList<>();
    private final GenerationReader generation;
    private final TemplateVariables variables;

    private MessagesReader(Fields fields, int vocabularySize, Predicate<String> variables, boolean counting) {
        this.fields = fields;
        this.variables = new TemplateVariables(variables, ignored);
        this.counting = counting;
        this.generation = new GenerationReader(fields, vocabularySize, ignored);
    }

    /**
     * Reads and checks a request for a message.
     *
     * @param vocabularySize number of the model's tokens, for fields that name tokens
     * @param variables whether the model's chat template reads a variable of this name
     * @throws dev.martlet.openai.ApiException with status 400, naming the field at fault
     */
    public static ChatCompletionRequest answer(JsonObject body, int vocabularySize, Predicate<String> variables) {
        return read(new Fields(body, ""), vocabularySize, variables, false);
    }

    /** The same of a request to count, which says nothing of the answer. */
    public static ChatCompletionRequest count(JsonObject body, int vocabularySize, Predicate<String> variables) {
        return read(new Fields(body, ""), vocabularySize, variables, true);
    }

    /** The same of fields that tell afterwards what was read of them. */
    public static ChatCompletionRequest read(
            Fields fields, int vocabularySize, Predicate<String> variables, boolean counting) {
        return new MessagesReader(fields, vocabularySize, variables, counting).read();
    }

    private ChatCompletionRequest read() {
        Optional<String> model = fields.string("model");
        List<Message> messages = messages();
        boolean continues = messages.getLast() instanceof Message.Assistant;
        Conversation conversation = conversation(messages);
        OptionalInt maxTokens = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
        if (maxTokens.isEmpty() && !counting) {
            throw Fields.missing("max_tokens");
        }
        SamplingFields sampling = generation.sampling();
        List<String> stops = fields.texts("stop_sequences", MOST_STOPS);
        boolean stream = generation.stream();
        Optional<Boolean> thinking = thinking();
        Optional<Fields> output = fields.object("output_config").map(object -> new Fields(object, "output_config"));
        Optional<String> effort = output.flatMap(config -> variables.effort(config, "effort"));
        ResponseFormat format = output.map(MessagesReader::format).orElseGet(ResponseFormat.Text::new);
        output.ifPresent(config -> ignored.addAll(config.unread()));
        JsonObject kwargs = variables.read(fields, effort, thinking);
        fields.object("cache_control"); // The cache needs no telling.
        generation.noteIgnored();
        return ChatCompletionRequest.single(
                model, conversation, continues, kwargs, stream, maxTokens, sampling, stops, NAMES, format, ignored);
    }

    private List<Message> messages() {
        List<Message> messages = new ArrayList<>();
        if (fields.has("system")) {
            messages.add(new Message.System(ContentReader.read(fields, "system"), Optional.empty()));
        }
        JsonArray array = fields.array("messages").orElseThrow(() -> Fields.missing("messages"));
        if (array.isEmpty()) {
            throw Fields.invalidValue("messages", "expected at least one message, but got none.");
        }
        messages.addAll(new TurnReader().read(array, "messages"));
        if (messages.getLast() instanceof Message.Assistant last
                && !last.toolCalls().isEmpty()) {
            throw Fields.invalidValue(
                    "messages[" + (array.size() - 1) + "].content",
                    "the conversation ends with a 'tool_use'; a message with its 'tool_result' must follow.");
        }
        return messages;
    }

    private Conversation conversation(List<Message> messages) {
        List<Tool> tools = fields.array("tools")
                .map(array -> ToolReader.flat(array, "tools", "custom", "input_schema"))
                .orElse(List.of());
        Optional<Fields> choice = fields.object("tool_choice").map(object -> new Fields(object, "tool_choice"));
        boolean parallel = !choice.flatMap(found -> found.flag("disable_parallel_tool_use"))
                .orElse(false);
        return new Conversation(
                messages, tools, choice.map(found -> choice(found, tools)).orElse(new ToolChoice.Auto()), parallel);
    }

    private static ToolChoice choice(Fields choice, List<Tool> tools) {
        String type = choice.requiredString("type");
        return switch (type) {
            case "auto" -> new ToolChoice.Auto();
            case "none" -> new ToolChoice.None();
            case "tool" -> new ToolChoice.Named(ToolReader.declared(choice, tools));
            case "any" -> {
                if (tools.isEmpty()) {
                    throw Fields.invalidValue(choice.path("type"), "'any' needs tools to choose from.");
                }
                yield new ToolChoice.Required();
            }
            default ->
                throw Fields.invalidValue(
                        choice.path("type"),
                        "'" + Fields.shorten(type) + "' is not one of 'auto', 'any', 'tool' and 'none'.");
        };
    }

    /** Whether the model is to think; empty where the request leaves it to the model. */
    private Optional<Boolean> thinking() {
        Optional<Fields> given = fields.object("thinking").map(object -> new Fields(object, "thinking"));
        if (given.isEmpty()) {
            return Optional.empty();
        }
        Fields thinking = given.get();
        String type = thinking.requiredString("type");
        Optional<Boolean> on = switch (type) {
            case "enabled" -> Optional.of(true);
            case "disabled" -> Optional.of(false);
            case "adaptive" -> Optional.empty();
            default ->
                throw Fields.invalidValue(
                        thinking.path("type"),
                        "'" + Fields.shorten(type) + "' is not one of 'enabled', 'disabled' and 'adaptive'.");
        };
        on.ifPresent(known -> variables.noteSwitch("thinking.type"));
        thinking.integer("budget_tokens", 1, Integer.MAX_VALUE).ifPresent(n -> ignored.add("thinking.budget_tokens"));
        ignored.addAll(thinking.unread());
        return on;
    }

    private static ResponseFormat format(Fields output) {
        Optional<JsonObject> given = output.object("format");
        if (given.isEmpty()) {
            return new ResponseFormat.Text();
        }
        Fields format = new Fields(given.get(), output.path("format"));
        String type = format.requiredString("type");
        if (!type.equals("json_schema")) {
            throw Fields.invalidValue(format.path("type"), "'" + Fields.shorten(type) + "' is not 'json_schema'.");
        }
        return FormatReader.schema(format, "schema").orElseThrow(() -> Fields.missing(format.path("schema")));
    }
}
