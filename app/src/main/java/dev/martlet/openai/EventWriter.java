package dev.martlet.openai;

import java.nio.charset.StandardCharsets;

/**
 * What OpenAI's two streams of chunks have in common. What all chunks share is rendered once; a chunk is that prefix, the
 * escaped text and a suffix, appended to one buffer that {@link #sendTo} empties with a single write. Not thread-safe.
 */
abstract class EventWriter implements AnswerStream {
    private static final byte[] DONE = ascii("data: [DONE]\n\n");
    private static final byte[] KEEP_ALIVE = ascii(": keep-alive\n\n");

    final JsonBuffer out = new JsonBuffer(4096);
    final AnswerHeader header;
    private final String object;
    private final boolean includeUsage;
    private final byte[] prefix;
    private final byte[] suffix;

    /**
     * @param object what a chunk says it is
     * @param includeUsage whether the stream ends with the usage; every chunk before it then has a null usage
     */
    EventWriter(AnswerHeader header, String object, boolean includeUsage) {
        this.header = header;
        this.object = object;
        this.includeUsage = includeUsage;
        JsonBuffer start = new JsonBuffer(256).raw("data: ");
        this.prefix =
                header.open(start, object).raw(",\"choices\":[{\"index\":").toBytes();
        this.suffix = ascii(includeUsage ? "}],\"usage\":null}\n\n" : "}]}\n\n");
    }

    /** Appends the beginning of a chunk, up to the members of its choice. */
    final JsonBuffer open(int choice) {
        return out.raw(prefix).number(choice);
    }

    /** Appends the end of a chunk, behind the members of its choice. */
    final void close() {
        out.raw(suffix);
    }

    @Override
    public final void finish(UsageReport usage) {
        if (includeUsage) {
            out.raw("data: ");
            header.open(out, object).raw(",\"choices\":[],\"usage\":");
            usage.write(out);
            out.raw("}\n\n");
        }
        out.raw(DONE);
    }

    @Override
    public final void keepAlive() {
        out.raw(KEEP_ALIVE);
    }

    /** The event's name is for LangChain4j, which takes an error in plain data for the end of a short answer. */
    @Override
    public final void error(ApiError error) {
        out.raw("event: error\ndata: ");
        error.write(out);
        out.raw("\n\n");
    }

    @Override
    public final JsonBuffer buffer() {
        return out;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
