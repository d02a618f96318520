package dev.martlet.responses;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Part;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.ContentReader;
import dev.martlet.openai.FieldNames;
import dev.martlet.openai.Fields;
import dev.martlet.openai.FormatReader;
import dev.martlet.openai.GenerationReader;
import dev.martlet.openai.Json;
import dev.martlet.openai.ResponseFormat;
import dev.martlet.openai.SamplingFields;
import dev.martlet.openai.TemplateVariables;
import dev.martlet.openai.ToolReader;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;

/** Reads one {@link ResponseRequest}. */
final class ResponseReader {
    static final FieldNames NAMES = new FieldNames("input", "tools", "parameters", "tool_choice", "input");

    /** Fields that go on with something that a server with a store would know. */
    private static final List<String> STATEFUL = List.of("previous_response_id", "conversation", "prompt");

    private final Fields fields;
    private final List<String> ignored = new ArrayList<>();
    private final GenerationReader generation;
    private final TemplateVariables variables;
    private final JsonObjectBuilder echo = Json.builders().createObjectBuilder();

    ResponseReader(Fields fields, int vocabularySize, Predicate<String> variables) {
        this.fields = fields;
        this.variables = new TemplateVariables(variables, ignored);
        this.generation = new GenerationReader(fields, vocabularySize, ignored);
    }

    ResponseRequest read() {
        refuseState();
        Optional<String> model = fields.string("model");
        List<Message> messages = messages();
        Conversation conversation = conversation(messages);
        OptionalInt maxTokens = fields.integer("max_output_tokens", 1, Integer.MAX_VALUE);
        if (maxTokens.isPresent()) {
            echo.add("max_output_tokens", maxTokens.getAsInt());
        } else {
            echo.addNull("max_output_tokens");
        }
        SamplingFields sampling = generation.sampling();
        ResponseFormat format = format();
        JsonObject kwargs = variables.read(fields, effort(), Optional.empty());
        boolean stream = generation.stream();
        metadata();
        truncation();
        fields.array("include").filter(names -> !names.isEmpty()).ifPresent(names -> ignored.add("include"));
        generation.noteIgnored();
        ignored.remove("metadata"); // Its effect is to be repeated.
        ChatCompletionRequest chat = ChatCompletionRequest.single(
                model, conversation, false, kwargs, stream, maxTokens, sampling, List.of(), NAMES, format, ignored);
        return new ResponseRequest(chat, echo.build());
    }

    private void refuseState() {
        STATEFUL.stream().filter(fields::has).findFirst().ifPresent(name -> {
            throw ApiError.unsupported(
                            name,
                            "'" + name + "' is not offered: this server stores nothing between requests. "
                                    + "Send the whole conversation in 'input'.")
                    .toException();
        });
        if (fields.flag("background").orElse(false)) {
            throw ApiError.unsupported(
                            "background",
                            "'background' is not offered: this server stores nothing to be fetched later.")
                    .toException();
        }
    }

    private List<Message> messages() {
        List<Message> messages = new ArrayList<>();
        Optional<String> instructions = fields.string("instructions");
        instructions.ifPresent(text -> messages.add(
                new Message.System(List.of(new Part.Text(ContentReader.scalars(text))), Optional.empty())));
        echo.add("instructions", fields.value("instructions").orElse(JsonValue.NULL));
        messages.addAll(
                new ItemReader().read(fields.value("input").orElseThrow(() -> Fields.missing("input")), "input"));
        return messages;
    }

    private Conversation conversation(List<Message> messages) {
        List<Tool> tools = fields.array("tools")
                .map(array -> ToolReader.flat(array, "tools", "function", "parameters"))
                .orElse(List.of());
        Optional<JsonValue> given = fields.value("tool_choice");
        ToolChoice choice = given.map(value -> ToolReader.choice(value, "tool_choice", tools, true))
                .orElse(new ToolChoice.Auto());
        boolean parallel = fields.flag("parallel_tool_calls").orElse(true);
        echo.add("tools", told(tools));
        given.ifPresentOrElse(value -> echo.add("tool_choice", value), () -> echo.add("tool_choice", "auto"));
        echo.add("parallel_tool_calls", parallel);
        return new Conversation(messages, tools, choice, parallel);
    }

    private static JsonArrayBuilder told(List<Tool> tools) {
        JsonArrayBuilder all = Json.builders().createArrayBuilder();
        for (Tool tool : tools) {
            switch (tool) {
                case Tool.Function function -> {
                    JsonObjectBuilder told = Json.builders()
                            .createObjectBuilder()
                            .add("type", "function")
                            .add("name", function.name());
                    function.description()
                            .ifPresentOrElse(text -> told.add("description", text), () -> told.addNull("description"));
                    function.parameters()
                            .ifPresentOrElse(
                                    schema -> told.add("parameters", schema), () -> told.addNull("parameters"));
                    all.add(told.add("strict", function.strict()));
                }
                case Tool.BuiltIn builtIn -> all.add(builtIn.definition());
            }
        }
        return all;
    }

    private ResponseFormat format() {
        Optional<Fields> text = fields.object("text").map(object -> new Fields(object, "text"));
        Optional<JsonObject> format = text.flatMap(found -> found.object("format"));
        text.ifPresent(found -> ignored.addAll(found.unread()));
        JsonObject told = format.orElseGet(
                () -> Json.builders().createObjectBuilder().add("type", "text").build());
        echo.add("text", Json.builders().createObjectBuilder().add("format", told));
        return format.isPresent() ? format(new Fields(format.get(), "text.format")) : new ResponseFormat.Text();
    }

    private ResponseFormat format(Fields format) {
        String type = format.requiredString("type");
        return switch (type) {
            case "text" -> new ResponseFormat.Text();
            case "json_object" -> new ResponseFormat.JsonObject("text.format");
            case "json_schema" -> {
                format.string("name");
                format.string("description");
                format.flag("strict"); // Every schema is kept to, whether it must be or not.
                ResponseFormat schema =
                        FormatReader.schema(format, "schema").orElseThrow(() -> Fields.missing(format.path("schema")));
                ignored.addAll(format.unread());
                yield schema;
            }
            default ->
                throw Fields.invalidValue(
                        format.path("type"),
                        "'" + Fields.shorten(type) + "' is not one of 'text', 'json_object' and 'json_schema'.");
        };
    }

    private Optional<String> effort() {
        Optional<Fields> reasoning = fields.object("reasoning").map(object -> new Fields(object, "reasoning"));
        Optional<String> effort = reasoning.flatMap(found -> variables.effort(found, "effort"));
        reasoning.ifPresent(found -> ignored.addAll(found.unread()));
        JsonObjectBuilder told = Json.builders().createObjectBuilder();
        effort.ifPresentOrElse(text -> told.add("effort", text), () -> told.addNull("effort"));
        echo.add("reasoning", told.addNull("summary"));
        return effort;
    }

    private void metadata() {
        JsonObject metadata = fields.object("metadata").orElse(JsonValue.EMPTY_JSON_OBJECT);
        metadata.forEach((name, value) -> Fields.asString(value, "metadata." + Fields.shorten(name)));
        echo.add("metadata", metadata);
    }

    private void truncation() {
        Optional<String> truncation = fields.string("truncation");
        if (truncation.isPresent() && !List.of("auto", "disabled").contains(truncation.get())) {
            throw Fields.invalidValue("truncation", "expected 'auto' or 'disabled'.");
        }
        truncation.filter(text -> text.equals("auto")).ifPresent(text -> ignored.add("truncation"));
        echo.add("truncation", "disabled");
    }
}
