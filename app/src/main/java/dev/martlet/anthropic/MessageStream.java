package dev.martlet.anthropic;

import dev.martlet.openai.ApiError;
import dev.martlet.openai.BlockStream;
import dev.martlet.openai.Blocks.Block;
import dev.martlet.openai.JsonBuffer;
import dev.martlet.openai.UsageReport;

/**
 * Writes an answer as the events of a message: the message starts; each block starts, grows and stops before the next;
 * why the message ended and what it used; the message stops. Not thread-safe.
 */
public final class MessageStream extends BlockStream {
    private final MessageHead head;

    public MessageStream(MessageHead head) {
        super(head.continues());
        this.head = head;
    }

    /** What came from the cache is not known yet; the usage at the end tells it. */
    @Override
    public void begin(int choice) {
        JsonBuffer out = head.open(open("message_start").raw(",\"message\":"));
        out.raw("],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
        MessageHead.usage(out, new UsageReport(head.promptTokens(), 0, 0, 0));
        out.raw("}");
        close();
        keepAlive();
    }

    @Override
    public void keepAlive() {
        open("ping");
        close();
    }

    @Override
    public void opened(Block block) {
        MessageHead.block(at("content_block_start", block).raw(",\"content_block\":"), block, false);
        close();
    }

    @Override
    public void grown(Block block, String piece) {
        switch (block.kind()) {
            case REASONING -> delta(block, "thinking_delta", "thinking", piece);
            case TEXT -> delta(block, "text_delta", "text", piece);
            case CALL -> delta(block, "input_json_delta", "partial_json", piece);
        }
    }

    @Override
    public void closed(Block block) {
        switch (block.kind()) {
            // Some clients send thoughts back only if there was a signature; it is not looked at here.
            case REASONING -> delta(block, "signature_delta", "signature", "");
            case TEXT, CALL -> {}
        }
        at("content_block_stop", block);
        close();
    }

    @Override
    public void finish(UsageReport usage) {
        JsonBuffer out = open("message_delta").raw(",\"delta\":{");
        MessageHead.end(out, ended().orElseThrow(), stoppedAt());
        MessageHead.usage(out.raw("},\"usage\":"), usage);
        close();
        open("message_stop");
        close();
    }

    @Override
    public void error(ApiError error) {
        Errors.members(open("error"), error);
        close();
    }

    private void delta(Block block, String type, String member, String piece) {
        JsonBuffer out =
                at("content_block_delta", block).raw(",\"delta\":{\"type\":").string(type);
        out.raw(",\"").raw(member).raw("\":").string(piece).raw("}");
        close();
    }

    private JsonBuffer at(String type, Block block) {
        return open(type).raw(",\"index\":").number(block.index());
    }
}
