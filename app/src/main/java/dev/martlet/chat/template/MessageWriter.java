package dev.martlet.chat.template;

import dev.martlet.chat.Message;
import dev.martlet.chat.ToolCall;
import dev.martlet.chat.template.TemplateCapabilities.Arguments;
import dev.martlet.chat.template.TemplateCapabilities.Content;
import dev.martlet.chat.template.TemplateCapabilities.EmptyContent;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Writes the {@code messages} of one context in the forms that a template takes. One thread, one use. */
final class MessageWriter {
    private static final JsonProvider JSON = JsonProvider.provider();

    private final TemplateCapabilities capabilities;
    private final Set<String> builtIns;
    private final JsonArrayBuilder messages = JSON.createArrayBuilder();
    /** Names of the calls so far by id: many templates want a result's tool name, which clients leave out. */
    private final Map<String, String> callNames = new HashMap<>();

    /** Text of a user message not written yet; null where there is none. */
    private StringBuilder pendingUser;

    /** @param builtIns names of the tools that the model's family knows by name */
    MessageWriter(TemplateCapabilities capabilities, Set<String> builtIns) {
        this.capabilities = capabilities;
        this.builtIns = builtIns;
    }

    JsonArray finish() {
        flushUser();
        return messages.build();
    }

    static JsonObjectBuilder content(JsonObjectBuilder message, Content form, String text) {
        return switch (form) {
            case STRING -> message.add("content", text);
            case PARTS ->
                message.add(
                        "content",
                        JSON.createArrayBuilder()
                                .add(JSON.createObjectBuilder()
                                        .add("type", "text")
                                        .add("text", text)));
        };
    }

    private JsonObjectBuilder begin(String role, Optional<String> name) {
        flushUser();
        JsonObjectBuilder message = JSON.createObjectBuilder().add("role", role);
        name.ifPresent(given -> message.add("name", given));
        return message;
    }

    /** A system message that also declares the tools. */
    void systemWithTools(String text, JsonArray tools) {
        messages.add(content(begin("system", Optional.empty()), capabilities.content(), text)
                .add("tools", tools));
    }

    void system(String text, Optional<String> name) {
        messages.add(content(begin("system", name), capabilities.content(), text));
    }

    void user(String text, Optional<String> name) {
        if (pendingUser != null) {
            mergedUser(text);
            flushUser();
        } else {
            messages.add(content(begin("user", name), capabilities.content(), text));
        }
    }

    /** Adds to a user message that takes in what the template has no role for, and then the next user message. */
    void mergedUser(String text) {
        if (pendingUser == null) {
            pendingUser = new StringBuilder(text);
        } else {
            pendingUser.append("\n\n").append(text);
        }
    }

    private void flushUser() {
        if (pendingUser != null) {
            String text = pendingUser.toString();
            pendingUser = null;
            user(text, Optional.empty());
        }
    }

    /**
     * @param text the content, which may differ from the message's own (a mark to be found again)
     */
    void assistant(Message.Assistant assistant, String text) {
        if (capabilities.metadata() && !assistant.toolCalls().isEmpty()) {
            metadataCalls(assistant, text);
            return;
        }
        JsonObjectBuilder message = begin("assistant", assistant.name());
        boolean calls = !assistant.toolCalls().isEmpty() && capabilities.toolCalls();
        String shown = text;
        if (!calls && !assistant.toolCalls().isEmpty()) {
            shown = ToolInstructions.calls(text, assistant.toolCalls());
        }
        if (!shown.isEmpty() || !calls) {
            content(message, capabilities.content(), shown);
        } else if (capabilities.emptyContent() == EmptyContent.NULL) {
            message.addNull("content");
        } else {
            message.add("content", "");
        }
        assistant
                .reasoning()
                .ifPresent(
                        reasoning -> message.add(capabilities.reasoningField().orElse("reasoning_content"), reasoning));
        if (calls) {
            JsonArrayBuilder array = JSON.createArrayBuilder();
            assistant.toolCalls().forEach(call -> array.add(call(call)));
            message.add("tool_calls", array);
        }
        assistant.toolCalls().forEach(call -> callNames.put(call.id(), call.name()));
        messages.add(message);
    }

    private void metadataCalls(Message.Assistant assistant, String text) {
        if (!text.isEmpty()) {
            messages.add(content(begin("assistant", assistant.name()), capabilities.content(), text));
        }
        for (ToolCall call : assistant.toolCalls()) {
            JsonObjectBuilder message = begin("assistant", assistant.name()).add("metadata", call.name());
            String arguments = builtIns.contains(call.name())
                    ? BuiltInCalls.raw(call)
                    : call.arguments().isBlank() ? "{}" : call.arguments();
            messages.add(content(message, capabilities.content(), arguments));
        }
    }

    private JsonObjectBuilder call(ToolCall call) {
        JsonObjectBuilder function = JSON.createObjectBuilder().add("name", call.name());
        if (capabilities.arguments() == Arguments.OBJECT) {
            function.add("arguments", object(call.arguments()));
        } else {
            function.add("arguments", call.arguments().isBlank() ? "{}" : call.arguments());
        }
        return JSON.createObjectBuilder()
                .add("id", id(call.id()))
                .add("type", "function")
                .add("function", function);
    }

    /** The arguments as an object; text that is none is kept whole under one name, so that the model still sees it. */
    static JsonObject object(String arguments) {
        if (arguments.isBlank()) {
            return JsonValue.EMPTY_JSON_OBJECT;
        }
        return Json.read(arguments).orElse(JsonValue.NULL) instanceof JsonObject object
                ? object
                : JSON.createObjectBuilder().add("arguments", arguments).build();
    }

    private String id(String id) {
        return capabilities.shortCallIds() ? CallIds.shortened(id) : id;
    }

    void toolResult(Message.ToolResult result) {
        if (capabilities.metadata()) {
            messages.add(content(begin("observation", Optional.empty()), capabilities.content(), result.text()));
            return;
        }
        Optional<String> name = result.name().or(() -> Optional.ofNullable(callNames.get(result.toolCallId())));
        JsonObjectBuilder message = begin("tool", name).add("tool_call_id", id(result.toolCallId()));
        messages.add(content(message, capabilities.content(), result.text()));
    }
}
