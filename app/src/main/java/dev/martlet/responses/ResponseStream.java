package dev.martlet.responses;

import dev.martlet.openai.ApiError;
import dev.martlet.openai.BlockStream;
import dev.martlet.openai.Blocks.Block;
import dev.martlet.openai.JsonBuffer;
import dev.martlet.openai.UsageReport;
import java.util.Objects;

/**
 * Writes an answer as the events of a response: the response begins; each item is added, grows and is done before the
 * next; the response ends, with all of them. Not thread-safe.
 */
public final class ResponseStream extends BlockStream {
    private final ResponseWriter writer;

    /** The number of the next event. */
    private long sequence;

    public ResponseStream(ResponseWriter writer) {
        super(false);
        this.writer = Objects.requireNonNull(writer, "writer");
    }

    @Override
    public void begin(int choice) {
        writer.inProgress(response("response.created"));
        close();
        writer.inProgress(response("response.in_progress"));
        close();
    }

    @Override
    public void opened(Block block) {
        JsonBuffer out = at("response.output_item.added", block).raw(",\"item\":");
        writer.begun(out, block);
        close();
        switch (block.kind()) {
            case REASONING, TEXT -> part("response.content_part.added", block, "");
            case CALL -> {}
        }
    }

    @Override
    public void grown(Block block, String piece) {
        switch (block.kind()) {
            case REASONING ->
                inPart("response.reasoning_text.delta", block)
                        .raw(",\"delta\":")
                        .string(piece);
            case TEXT ->
                inPart("response.output_text.delta", block)
                        .raw(",\"logprobs\":[],\"delta\":")
                        .string(piece);
            case CALL ->
                in("response.function_call_arguments.delta", block)
                        .raw(",\"delta\":")
                        .string(piece);
        }
        close();
    }

    @Override
    public void closed(Block block) {
        switch (block.kind()) {
            case REASONING -> {
                inPart("response.reasoning_text.done", block).raw(",\"text\":").string(block.text());
                close();
                part("response.content_part.done", block, block.text());
            }
            case TEXT -> {
                inPart("response.output_text.done", block)
                        .raw(",\"logprobs\":[],\"text\":")
                        .string(block.text());
                close();
                part("response.content_part.done", block, block.text());
            }
            case CALL -> {
                in("response.function_call_arguments.done", block)
                        .raw(",\"name\":")
                        .string(block.name())
                        .raw(",\"arguments\":")
                        .string(block.text());
                close();
            }
        }
        writer.item(at("response.output_item.done", block).raw(",\"item\":"), block);
        close();
    }

    @Override
    public void finish(UsageReport usage) {
        boolean complete = !cutOff();
        JsonBuffer out = response(complete ? "response.completed" : "response.incomplete");
        writer.ended(out, complete, blocks(), usage);
        close();
    }

    /** Clients look for the failure in either of two events, and in the first of them at either of two places. */
    @Override
    public void error(ApiError error) {
        JsonBuffer out = numbered("error").raw(",\"code\":").stringOrNull(error.code());
        out.raw(",\"message\":").string(error.message());
        out.raw(",\"param\":").stringOrNull(error.param());
        out.raw(",\"error\":");
        error.writeObject(out);
        close();
        writer.failed(response("response.failed"), blocks(), error);
        close();
    }

    /** Opens an event of the whole response. */
    private JsonBuffer response(String type) {
        return numbered(type).raw(",\"response\":");
    }

    /** Opens an event that tells an item's place. */
    private JsonBuffer at(String type, Block block) {
        return numbered(type).raw(",\"output_index\":").number(block.index());
    }

    /** Opens an event that tells an item's place and id. */
    private JsonBuffer in(String type, Block block) {
        return at(type, block).raw(",\"item_id\":").string(writer.id(block));
    }

    /** Opens an event within the only part of an item. */
    private JsonBuffer inPart(String type, Block block) {
        return in(type, block).raw(",\"content_index\":0");
    }

    private void part(String type, Block block, String text) {
        ResponseWriter.part(inPart(type, block).raw(",\"part\":"), block, text);
        close();
    }

    private JsonBuffer numbered(String type) {
        return open(type).raw(",\"sequence_number\":").number(sequence++);
    }
}
