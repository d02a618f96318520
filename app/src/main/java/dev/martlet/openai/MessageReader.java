package dev.martlet.openai;

import dev.martlet.chat.Message;
import dev.martlet.chat.Part;
import dev.martlet.chat.ToolCall;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Reads the messages of one request. Clients' histories are taken as they are where sense can be made of them: calls
 * without an id get one, a result without an id answers the oldest open call, arguments may be any text.
 */
final class MessageReader {

    /** Ids of calls that no result has answered yet, oldest first. */
    private final Deque<String> openCalls = new ArrayDeque<>();

    private int madeIds;

    List<Message> read(JsonArray messages, String path) {
        List<Message> list = new ArrayList<>(messages.size());
        for (int i = 0; i < messages.size(); i++) {
            String at = path + "[" + i + "]";
            list.add(message(new Fields(Fields.asObject(messages.get(i), at), at)));
        }
        return list;
    }

    private Message message(Fields fields) {
        String role = fields.requiredString("role");
        Optional<String> name = fields.string("name");
        return switch (role) {
            case "system", "developer" -> new Message.System(requiredContent(fields), name);
            case "user" -> new Message.User(requiredContent(fields), name);
            case "assistant" -> assistant(fields, name);
            case "tool" -> result(fields, name);
            case "function" -> result(fields, Optional.of(fields.requiredString("name")));
            default ->
                throw Fields.invalidValue(
                        fields.path("role"),
                        "'" + Fields.shorten(role)
                                + "' is not one of 'system', 'developer', 'user', 'assistant', 'tool' and 'function'.");
        };
    }

    private Message assistant(Fields fields, Optional<String> name) {
        Optional<String> reasoning = fields.string("reasoning_content").or(() -> fields.string("reasoning"));
        List<ToolCall> calls = new ArrayList<>();
        openCalls.clear();
        fields.array("tool_calls").ifPresent(array -> {
            for (int i = 0; i < array.size(); i++) {
                String at = fields.path("tool_calls") + "[" + i + "]";
                calls.add(call(new Fields(Fields.asObject(array.get(i), at), at)));
            }
        });
        if (calls.isEmpty()) {
            fields.object("function_call")
                    .ifPresent(call ->
                            calls.add(called(new Fields(call, fields.path("function_call")), Optional.empty())));
        }
        calls.forEach(call -> openCalls.add(call.id()));
        return new Message.Assistant(content(fields), reasoning, calls, name);
    }

    private ToolCall call(Fields fields) {
        Optional<String> id = fields.string("id").filter(text -> !text.isEmpty());
        JsonObject function = fields.object("function").orElseThrow(() -> Fields.missing(fields.path("function")));
        return called(new Fields(function, fields.path("function")), id);
    }

    private ToolCall called(Fields function, Optional<String> id) {
        String name = function.requiredString("name");
        // A string on the wire; some servers and their clients keep the object.
        String arguments = function.value("arguments")
                .map(value -> value instanceof JsonString text ? text.getString() : value.toString())
                .orElse("{}");
        return new ToolCall(id.orElseGet(this::madeId), name, scalars(arguments));
    }

    private Message result(Fields fields, Optional<String> name) {
        Optional<String> given = fields.string("tool_call_id").filter(text -> !text.isEmpty());
        String id = given.orElseGet(() -> openCalls.isEmpty() ? madeId() : openCalls.peekFirst());
        openCalls.remove(id);
        return new Message.ToolResult(id, content(fields), name);
    }

    /** The same for the same history, so that its prompt, and with it the prefix cache, stays the same. */
    private String madeId() {
        return String.format("call_%024d", madeIds++);
    }

    private static List<Part> requiredContent(Fields fields) {
        if (!fields.has("content")) {
            throw Fields.missing(fields.path("content"));
        }
        return content(fields);
    }

    private static List<Part> content(Fields fields) {
        Optional<JsonValue> content = fields.value("content");
        if (content.isEmpty()) {
            return List.of();
        }
        String path = fields.path("content");
        return switch (content.get()) {
            case JsonString text -> List.of(new Part.Text(scalars(text.getString())));
            case JsonArray parts -> parts(parts, path);
            case JsonValue other -> throw Fields.wrongType(path, "a string or an array of parts", other);
        };
    }

    private static List<Part> parts(JsonArray parts, String path) {
        List<Part> list = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            String at = path + "[" + i + "]";
            if (parts.get(i) instanceof JsonString text) {
                list.add(new Part.Text(scalars(text.getString())));
            } else {
                list.add(part(new Fields(Fields.asObject(parts.get(i), at), at)));
            }
        }
        return list;
    }

    private static Part part(Fields fields) {
        String type = fields.requiredString("type");
        return switch (type) {
            case "text", "input_text", "output_text" -> new Part.Text(scalars(fields.requiredString("text")));
            case "refusal" -> new Part.Text(scalars(fields.requiredString("refusal")));
            case "image_url", "input_audio", "file", "video_url", "audio_url" ->
                throw ApiError.unsupported(
                                fields.path("type"), "This model reads text only; a part of '" + type + "' was given.")
                        .toException();
            default ->
                throw Fields.invalidValue(
                        fields.path("type"), "'" + Fields.shorten(type) + "' is no kind of content part.");
        };
    }

    /** The text with U+FFFD for lone surrogates, which no tokenizer can encode; clients cut strings in the middle. */
    static String scalars(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return text.codePoints()
                        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            }
        }
        return text;
    }
}
