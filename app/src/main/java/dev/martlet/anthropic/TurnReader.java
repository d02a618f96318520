package dev.martlet.anthropic;

import dev.martlet.chat.Message;
import dev.martlet.chat.Part;
import dev.martlet.chat.ToolCall;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ApiException;
import dev.martlet.openai.ContentReader;
import dev.martlet.openai.Fields;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the messages of one request. A user's message that holds the results of tools becomes several of chat's. */
final class TurnReader {
    private final List<Message> messages = new ArrayList<>();

    List<Message> read(JsonArray array, String path) {
        for (int i = 0; i < array.size(); i++) {
            String at = path + "[" + i + "]";
            message(new Fields(Fields.asObject(array.get(i), at), at));
        }
        return messages;
    }

    private void message(Fields message) {
        String role = message.requiredString("role");
        switch (role) {
            case "user" -> user(message);
            case "assistant" -> assistant(message);
            case "system" -> messages.add(new Message.System(ContentReader.required(message), Optional.empty()));
            default ->
                throw Fields.invalidValue(
                        message.path("role"),
                        "'" + Fields.shorten(role) + "' is not one of 'user', 'assistant' and 'system'.");
        }
    }

    /** The blocks of a message's content; empty where the content is a text. */
    private static List<Fields> blocks(Fields message) {
        if (!message.has("content")) {
            throw Fields.missing(message.path("content"));
        }
        List<Fields> blocks = new ArrayList<>();
        if (message.value("content").orElseThrow() instanceof JsonArray array) {
            for (int i = 0; i < array.size(); i++) {
                String at = message.path("content") + "[" + i + "]";
                blocks.add(new Fields(Fields.asObject(array.get(i), at), at));
            }
        }
        return blocks;
    }

    private void user(Fields message) {
        List<Fields> blocks = blocks(message);
        if (blocks.isEmpty()) {
            messages.add(new Message.User(ContentReader.required(message), Optional.empty()));
            return;
        }
        List<Part> said = new ArrayList<>();
        for (Fields block : blocks) {
            if (block.requiredString("type").equals("tool_result")) {
                endText(said);
                messages.add(result(block));
            } else {
                said.add(ContentReader.part(block));
            }
        }
        endText(said);
    }

    private void endText(List<Part> said) {
        if (!said.isEmpty()) {
            messages.add(new Message.User(said, Optional.empty()));
            said.clear();
        }
    }

    private static Message result(Fields block) {
        List<Part> content = new ArrayList<>(ContentReader.read(block));
        if (block.flag("is_error").orElse(false)) {
            // Chat templates have no place for the flag.
            content.addFirst(new Part.Text("Error: "));
        }
        return new Message.ToolResult(block.requiredString("tool_use_id"), content, Optional.empty());
    }

    private void assistant(Fields message) {
        List<Fields> blocks = blocks(message);
        List<Part> content = new ArrayList<>();
        List<String> thoughts = new ArrayList<>();
        List<ToolCall> calls = new ArrayList<>();
        if (blocks.isEmpty()) {
            content.addAll(ContentReader.required(message));
        }
        for (Fields block : blocks) {
            String type = block.requiredString("type");
            switch (type) {
                case "text" -> content.add(ContentReader.part(block));
                case "thinking" -> thoughts.add(ContentReader.scalars(block.requiredString("thinking")));
                case "redacted_thinking" -> {} // Nobody here can read it.
                case "tool_use" -> calls.add(call(block));
                default -> throw notOffered(block, type);
            }
        }
        Optional<String> reasoning = thoughts.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", thoughts));
        messages.add(new Message.Assistant(content, reasoning, calls, Optional.empty()));
    }

    private static ToolCall call(Fields block) {
        String id = block.requiredString("id");
        if (id.isEmpty()) {
            throw Fields.invalidValue(block.path("id"), "it is empty.");
        }
        JsonObject input = block.object("input").orElse(JsonValue.EMPTY_JSON_OBJECT);
        return new ToolCall(id, block.requiredString("name"), ContentReader.scalars(input.toString()));
    }

    private static ApiException notOffered(Fields block, String type) {
        return ApiError.unsupported(
                        block.path("type"),
                        "Blocks of type '" + Fields.shorten(type) + "' are not offered in messages of the assistant.")
                .toException();
    }
}
