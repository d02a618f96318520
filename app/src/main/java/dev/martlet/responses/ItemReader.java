package dev.martlet.responses;

import dev.martlet.chat.Message;
import dev.martlet.chat.Part;
import dev.martlet.chat.ToolCall;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ContentReader;
import dev.martlet.openai.Fields;
import jakarta.json.JsonArray;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the input of one request. What the model said comes back as items of its own (thoughts, a text, calls), which
 * together are one message of the conversation.
 */
final class ItemReader {
    private final List<Message> messages = new ArrayList<>();

    // The items of the model's turn that is being read; all empty between turns.
    private final List<String> thoughts = new ArrayList<>();
    private final List<Part> content = new ArrayList<>();
    private final List<ToolCall> calls = new ArrayList<>();

    /** Reads a text, which is the user's, or items. */
    List<Message> read(JsonValue input, String path) {
        switch (input) {
            case JsonString text ->
                messages.add(new Message.User(
                        List.of(new Part.Text(ContentReader.scalars(text.getString()))), Optional.empty()));
            case JsonArray items -> items(items, path);
            case JsonValue other -> throw Fields.wrongType(path, "a string or an array of items", other);
        }
        return messages;
    }

    private void items(JsonArray items, String path) {
        if (items.isEmpty()) {
            throw Fields.invalidValue(path, "expected at least one item, but got none.");
        }
        for (int i = 0; i < items.size(); i++) {
            String at = path + "[" + i + "]";
            item(new Fields(Fields.asObject(items.get(i), at), at));
        }
        if (!calls.isEmpty()) {
            throw Fields.invalidValue(
                    path + "[" + (items.size() - 1) + "]",
                    "the input ends with calls; a 'function_call_output' must follow for each.");
        }
        endTurn();
    }

    private void item(Fields item) {
        String type = item.string("type").orElseGet(() -> {
            if (!item.has("role")) {
                throw Fields.missing(item.path("type"));
            }
            return "message";
        });
        switch (type) {
            case "message" -> message(item);
            case "reasoning" -> reasoning(item);
            case "function_call" ->
                calls.add(new ToolCall(
                        id(item),
                        item.requiredString("name"),
                        ContentReader.scalars(item.string("arguments").orElse("{}"))));
            case "function_call_output" -> {
                endTurn();
                if (!item.has("output")) {
                    throw Fields.missing(item.path("output"));
                }
                messages.add(new Message.ToolResult(id(item), ContentReader.read(item, "output"), Optional.empty()));
            }
            case "item_reference" ->
                throw ApiError.unsupported(
                                item.path("type"), "There is no item to refer to: this server stores nothing.")
                        .toException();
            default ->
                throw ApiError.unsupported(
                                item.path("type"), "Items of type '" + Fields.shorten(type) + "' are not offered here.")
                        .toException();
        }
    }

    private static String id(Fields item) {
        String id = item.requiredString("call_id");
        if (id.isEmpty()) {
            throw Fields.invalidValue(item.path("call_id"), "it is empty.");
        }
        return id;
    }

    private void message(Fields item) {
        String role = item.requiredString("role");
        List<Part> parts = ContentReader.required(item);
        switch (role) {
            case "user" -> {
                endTurn();
                messages.add(new Message.User(parts, Optional.empty()));
            }
            case "system", "developer" -> {
                endTurn();
                messages.add(new Message.System(parts, Optional.empty()));
            }
            case "assistant" -> {
                if (!content.isEmpty() && calls.isEmpty()) {
                    endTurn(); // Two texts in a row are two answers; a text behind calls is of the same.
                }
                content.addAll(parts);
            }
            default ->
                throw Fields.invalidValue(
                        item.path("role"),
                        "'" + Fields.shorten(role) + "' is not one of 'user', 'assistant', 'system' and 'developer'.");
        }
    }

    /** Takes the thoughts themselves, or where there are none their summary. */
    private void reasoning(Fields item) {
        int before = thoughts.size();
        thoughts(item, "content");
        if (thoughts.size() == before) {
            thoughts(item, "summary");
        }
    }

    private void thoughts(Fields item, String name) {
        JsonArray parts = item.array(name).orElse(JsonValue.EMPTY_JSON_ARRAY);
        for (int i = 0; i < parts.size(); i++) {
            String at = item.path(name) + "[" + i + "]";
            Fields part = new Fields(Fields.asObject(parts.get(i), at), at);
            thoughts.add(ContentReader.scalars(part.requiredString("text")));
        }
    }

    private void endTurn() {
        if (!thoughts.isEmpty() || !content.isEmpty() || !calls.isEmpty()) {
            Optional<String> reasoning =
                    thoughts.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", thoughts));
            messages.add(new Message.Assistant(content, reasoning, calls, Optional.empty()));
            thoughts.clear();
            content.clear();
            calls.clear();
        }
    }
}
