package dev.martlet.chat.template;

import dev.martlet.chat.ToolCall;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;

/**
 * Calls of GLM-4's own tools as its models write them: {@code simple_browser} gets an expression, the others raw text.
 * Clients see them with JSON arguments; this is the way back, for histories.
 */
final class BuiltInCalls {
    private BuiltInCalls() {}

    /** What the model wrote, or the arguments as they are where they are none of a built-in tool's. */
    static String raw(ToolCall call) {
        JsonObject arguments = MessageWriter.object(call.arguments());
        if (arguments.get("query") instanceof JsonString query) {
            JsonValue days = arguments.get("recency_days");
            return "search(" + query + (days == null ? "" : ", recency_days=" + days) + ")";
        }
        boolean text = arguments.size() == 1 && arguments.values().iterator().next() instanceof JsonString;
        return text ? ((JsonString) arguments.values().iterator().next()).getString() : call.arguments();
    }
}
