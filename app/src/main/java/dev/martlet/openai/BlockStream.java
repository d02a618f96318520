package dev.martlet.openai;

import java.nio.charset.StandardCharsets;

/** A stream of the blocks of one choice, as events that are named. Not thread-safe. */
public abstract class BlockStream extends BlockAnswer implements AnswerStream, Blocks.Listener {
    private static final byte[] KEEP_ALIVE = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);

    private final JsonBuffer out = new JsonBuffer(4096);

    /** @param continues whether the answer goes on with a text that the request began */
    protected BlockStream(boolean continues) {
        super(continues);
    }

    @Override
    protected final Blocks.Listener listener() {
        return this;
    }

    @Override
    public final JsonBuffer buffer() {
        return out;
    }

    /** Appends the beginning of an event, up to where its further members follow. */
    protected final JsonBuffer open(String type) {
        return out.raw("event: ")
                .raw(type)
                .raw("\ndata: {\"type\":\"")
                .raw(type)
                .raw("\"");
    }

    /** Appends the end of an event. */
    protected final void close() {
        out.raw("}\n\n");
    }

    @Override
    public void keepAlive() {
        out.raw(KEEP_ALIVE);
    }
}
