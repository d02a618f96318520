package dev.martlet.responses;

import dev.martlet.openai.AnswerBody;
import dev.martlet.openai.BlockAnswer;
import dev.martlet.openai.JsonBuffer;
import dev.martlet.openai.UsageReport;
import java.util.Objects;

/** Folds an answer into one response. Not thread-safe. */
public final class ResponseBody extends BlockAnswer implements AnswerBody {
    private final ResponseWriter writer;

    public ResponseBody(ResponseWriter writer) {
        super(false);
        this.writer = Objects.requireNonNull(writer, "writer");
    }

    @Override
    public byte[] body(UsageReport usage) {
        JsonBuffer out = new JsonBuffer(2048);
        writer.ended(out, !cutOff(), blocks(), usage);
        return out.toBytes();
    }
}
