package dev.martlet.responses;

import dev.martlet.engine.Sampling;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.Blocks.Block;
import dev.martlet.openai.Blocks.Kind;
import dev.martlet.openai.Ids;
import dev.martlet.openai.JsonBuffer;
import dev.martlet.openai.UsageReport;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes one response, and the items it is made of, as they are at some time. Not thread-safe. */
public final class ResponseWriter {

    /** How far a response or an item is. */
    enum Status {
        IN_PROGRESS("in_progress"),
        COMPLETED("completed"),
        INCOMPLETE("incomplete"),
        FAILED("failed");

        private final String wire;

        Status(String wire) {
            this.wire = wire;
        }
    }

    private final byte[] head;
    private final byte[] echo;

    /** Ids of the items so far, in order. */
    private final List<String> ids = new ArrayList<>();

    /**
     * @param model the id of the model that answers
     * @param sampling what holds of it where the request says nothing
     */
    public ResponseWriter(String id, Instant created, String model, ResponseRequest request, Sampling sampling) {
        JsonBuffer start = new JsonBuffer(256).raw("{\"id\":").string(id);
        start.raw(",\"object\":\"response\",\"created_at\":").number(created.getEpochSecond());
        this.head = start.raw(",\"model\":").string(model).raw(",\"status\":").toBytes();
        Sampling used = request.chat().sampling().sampling(sampling, 0, 0);
        String members = request.echo().toString();
        this.echo = (members.substring(1, members.length() - 1)
                        + ",\"temperature\":" + used.temperature()
                        + ",\"top_p\":" + used.topP()
                        + ",\"background\":false,\"store\":false,\"previous_response_id\":null,\"service_tier\":\"default\"")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Appends the response before its end. */
    void inProgress(JsonBuffer out) {
        response(out, Status.IN_PROGRESS, List.of(), Optional.empty(), Optional.empty());
    }

    /** Appends the response at its end. */
    void ended(JsonBuffer out, boolean complete, List<Block> blocks, UsageReport usage) {
        Status status = complete ? Status.COMPLETED : Status.INCOMPLETE;
        response(out, status, blocks, Optional.of(usage), Optional.empty());
    }

    /** Appends a response that could not be finished. */
    void failed(JsonBuffer out, List<Block> blocks, ApiError error) {
        response(out, Status.FAILED, blocks, Optional.empty(), Optional.of(error));
    }

    private void response(
            JsonBuffer out, Status status, List<Block> blocks, Optional<UsageReport> usage, Optional<ApiError> error) {
        out.raw(head).string(status.wire).raw(",\"error\":");
        error.ifPresentOrElse(
                failure -> out.raw("{\"code\":")
                        .string(failure.status() == 429 ? "rate_limit_exceeded" : "server_error")
                        .raw(",\"message\":")
                        .string(failure.message())
                        .raw("}"),
                () -> out.raw("null"));
        out.raw(",\"incomplete_details\":");
        out.raw(status == Status.INCOMPLETE ? "{\"reason\":\"max_output_tokens\"}" : "null");
        out.raw(",\"output\":[");
        for (Block block : blocks) {
            out.raw(block.index() == 0 ? "" : ",");
            item(out, block);
        }
        out.raw("],\"usage\":");
        usage.ifPresentOrElse(used -> usage(out, used), () -> out.raw("null"));
        out.raw(",").raw(echo).raw("}");
    }

    private static void usage(JsonBuffer out, UsageReport usage) {
        out.raw("{\"input_tokens\":").number(usage.promptTokens());
        out.raw(",\"input_tokens_details\":{\"cached_tokens\":").number(usage.cachedTokens());
        out.raw(",\"cache_write_tokens\":0},\"output_tokens\":").number(usage.completionTokens());
        out.raw(",\"output_tokens_details\":{\"reasoning_tokens\":").number(usage.reasoningTokens());
        out.raw("},\"total_tokens\":").number((long) usage.promptTokens() + usage.completionTokens());
        out.raw("}");
    }

    /** The id of a block's item; made when it is first asked for, in the blocks' order. */
    String id(Block block) {
        if (block.index() == ids.size()) {
            ids.add(
                    switch (block.kind()) {
                        case REASONING -> Ids.reasoning();
                        case TEXT -> Ids.message();
                        case CALL -> Ids.functionCall();
                    });
        }
        return ids.get(block.index());
    }

    /** Appends an item that has just begun. */
    void begun(JsonBuffer out, Block block) {
        item(out, block, Status.IN_PROGRESS, false);
    }

    /** Appends an item that does not go on. */
    void item(JsonBuffer out, Block block) {
        item(out, block, block.complete() ? Status.COMPLETED : Status.INCOMPLETE, true);
    }

    private void item(JsonBuffer out, Block block, Status status, boolean content) {
        out.raw("{\"id\":").string(id(block));
        out.raw(",\"status\":").string(status.wire);
        switch (block.kind()) {
            case REASONING -> out.raw(",\"type\":\"reasoning\",\"summary\":[],\"content\":[");
            case TEXT -> out.raw(",\"type\":\"message\",\"role\":\"assistant\",\"content\":[");
            case CALL -> {
                out.raw(",\"type\":\"function_call\",\"call_id\":").string(block.callId());
                out.raw(",\"name\":").string(block.name());
                out.raw(",\"arguments\":").string(content ? block.text() : "").raw("}");
                return;
            }
        }
        if (content) {
            part(out, block, block.text());
        }
        out.raw("]}");
    }

    /** Appends the part that holds a text or thoughts. */
    static void part(JsonBuffer out, Block block, String text) {
        if (block.kind() == Kind.REASONING) {
            out.raw("{\"type\":\"reasoning_text\",\"text\":").string(text).raw("}");
        } else {
            out.raw("{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":")
                    .string(text)
                    .raw("}");
        }
    }
}
