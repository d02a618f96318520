package dev.martlet.anthropic;

import dev.martlet.openai.AnswerBody;
import dev.martlet.openai.BlockAnswer;
import dev.martlet.openai.Blocks.Block;
import dev.martlet.openai.JsonBuffer;
import dev.martlet.openai.UsageReport;

/** Folds an answer into one message. Not thread-safe. */
public final class MessageBody extends BlockAnswer implements AnswerBody {
    private final MessageHead head;

    public MessageBody(MessageHead head) {
        super(head.continues());
        this.head = head;
    }

    @Override
    public byte[] body(UsageReport usage) {
        JsonBuffer out = head.open(new JsonBuffer(1024));
        for (Block block : blocks()) {
            out.raw(block.index() == 0 ? "" : ",");
            MessageHead.block(out, block, true);
        }
        out.raw("],");
        MessageHead.end(out, ended().orElseThrow(), stoppedAt());
        MessageHead.usage(out.raw(",\"usage\":"), usage);
        return out.raw("}").toBytes();
    }
}
