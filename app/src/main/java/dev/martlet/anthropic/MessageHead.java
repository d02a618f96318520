package dev.martlet.anthropic;

import dev.martlet.openai.AnswerEnd;
import dev.martlet.openai.Blocks.Block;
import dev.martlet.openai.JsonBuffer;
import dev.martlet.openai.UsageReport;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;

/**
 * What one message tells of itself beside its text, and how its parts are written.
 *
 * @param id {@code msg_} and something random
 * @param model the id of the model that answers
 * @param promptTokens tokens of the prompt
 * @param continues whether the answer goes on with a text that the request began
 */
public record MessageHead(String id, String model, int promptTokens, boolean continues) {
    public MessageHead {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(model, "model");
    }

    /** Appends the members before the content, of an object that is left open. */
    JsonBuffer open(JsonBuffer out) {
        out.raw("{\"id\":").string(id);
        out.raw(",\"type\":\"message\",\"role\":\"assistant\",\"model\":").string(model);
        return out.raw(",\"content\":[");
    }

    /** Appends a block as it is now; a call that was cut off has no input, since half an object is none. */
    static void block(JsonBuffer out, Block block, boolean content) {
        switch (block.kind()) {
            case REASONING ->
                out.raw("{\"type\":\"thinking\",\"thinking\":")
                        .string(content ? block.text() : "")
                        .raw(",\"signature\":\"\"}");
            case TEXT ->
                out.raw("{\"type\":\"text\",\"text\":")
                        .string(content ? block.text() : "")
                        .raw("}");
            case CALL -> {
                out.raw("{\"type\":\"tool_use\",\"id\":").string(toolUseId(block.callId()));
                out.raw(",\"name\":").string(block.name());
                out.raw(",\"caller\":{\"type\":\"direct\"},\"input\":");
                boolean whole = content && block.complete() && !block.text().isEmpty();
                out.raw((whole ? block.text() : "{}").getBytes(StandardCharsets.UTF_8))
                        .raw("}");
            }
        }
    }

    /** An id that the model's format gives stays: its template may want it back. */
    private static String toolUseId(String callId) {
        return callId.startsWith("call_") ? "toolu_" + callId.substring("call_".length()) : callId;
    }

    /** Appends why the message ended, as members of an open object. */
    static void end(JsonBuffer out, AnswerEnd end, Optional<String> stoppedAt) {
        boolean atStop = end == AnswerEnd.STOP && stoppedAt.isPresent();
        out.raw("\"stop_reason\":")
                .string(
                        switch (end) {
                            case STOP -> atStop ? "stop_sequence" : "end_turn";
                            case LENGTH -> "max_tokens";
                            case TOOL_CALLS, FUNCTION_CALL -> "tool_use";
                        });
        out.raw(",\"stop_sequence\":").stringOrNull(atStop ? stoppedAt : Optional.empty());
    }

    /** Appends the usage; tokens of the prompt that came from the cache are counted apart. */
    static void usage(JsonBuffer out, UsageReport usage) {
        out.raw("{\"input_tokens\":").number(usage.promptTokens() - usage.cachedTokens());
        out.raw(",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":")
                .number(usage.cachedTokens());
        out.raw(",\"output_tokens\":").number(usage.completionTokens());
        out.raw(",\"output_tokens_details\":{\"thinking_tokens\":").number(usage.reasoningTokens());
        out.raw("}}");
    }
}
