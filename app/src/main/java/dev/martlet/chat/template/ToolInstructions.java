package dev.martlet.chat.template;

import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolCall;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Tools in plain words, for templates that know none: calls and results in the tags of the Hermes format, which the parser
 * of tool calls knows.
 */
final class ToolInstructions {
    private static final JsonProvider JSON = JsonProvider.provider();

    private ToolInstructions() {}

    /** A tool as the client sent it. */
    static JsonObject definition(Tool tool) {
        return switch (tool) {
            case Tool.Function function -> function.definition();
            case Tool.BuiltIn builtIn -> builtIn.definition();
        };
    }

    /** A tool with a description and parameters, empty ones where it has none. */
    static JsonObject whole(Tool tool) {
        return switch (tool) {
            case Tool.BuiltIn builtIn -> builtIn.definition();
            case Tool.Function function -> {
                JsonObject parameters = JSON.createObjectBuilder()
                        .add("type", "object")
                        .add("properties", JsonValue.EMPTY_JSON_OBJECT)
                        .build();
                yield JSON.createObjectBuilder(function.definition())
                        .add(
                                "function",
                                JSON.createObjectBuilder(function.definition().getJsonObject("function"))
                                        .add(
                                                "description",
                                                function.description().orElse(""))
                                        .add("parameters", function.parameters().orElse(parameters)))
                        .build();
            }
        };
    }

    /** What the system prompt is to say of the tools. */
    static String describe(List<Tool> tools, boolean parallel) {
        String list = tools.stream().map(tool -> definition(tool).toString()).collect(Collectors.joining("\n"));
        String many = parallel
                ? "To call several tools, write one such block for each."
                : "Call at most one tool in an answer.";
        return """
                You can call tools. Each line between the tags describes one, its parameters as JSON Schema:
                <tools>
                %s
                </tools>

                To call a tool, answer with the call as JSON between tags, exactly in this form:
                <tool_call>
                {"name": "the tool's name", "arguments": {"a parameter's name": "its value"}}
                </tool_call>
                %s The tool's result comes in the next message, between <tool_response> tags. \
                Answer without a call when no tool is needed.""".formatted(list, many);
    }

    /** An assistant's words and calls as text. */
    static String calls(String content, List<ToolCall> calls) {
        String blocks = calls.stream().map(ToolInstructions::call).collect(Collectors.joining("\n"));
        return content.isEmpty() ? blocks : content + "\n" + blocks;
    }

    private static String call(ToolCall call) {
        JsonObject json = JSON.createObjectBuilder()
                .add("name", call.name())
                .add("arguments", MessageWriter.object(call.arguments()))
                .build();
        return "<tool_call>\n" + json + "\n</tool_call>";
    }

    /** A tool's result as text. */
    static String result(String content) {
        return "<tool_response>\n" + content + "\n</tool_response>";
    }
}
