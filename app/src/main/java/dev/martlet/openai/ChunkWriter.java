package dev.martlet.openai;

import dev.martlet.chat.toolcall.ChatEvent;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes an answer as server-sent events, one chunk per event. What all chunks share is rendered once; a chunk is that
 * prefix, the escaped text and a suffix, appended to one buffer that {@link #sendTo} empties with a single write. Not
 * thread-safe.
 *
 * <p>The shape is what seven clients agree on: the role in the first chunk of a choice; id, type and name of a call in
 * its first delta only; the finish reason in a chunk of its own with an empty delta; usage only in a last chunk without
 * choices; never an {@code error} member in a good chunk.
 */
public final class ChunkWriter implements AnswerSink {
    private static final byte[] DONE = ascii("data: [DONE]\n\n");
    private static final byte[] KEEP_ALIVE = ascii(": keep-alive\n\n");

    private final AnswerHeader header;
    private final boolean includeUsage;
    private final byte[] prefix;
    private final byte[] suffix;
    private final JsonBuffer out = new JsonBuffer(4096);

    /** @param includeUsage whether {@link #usage} will follow; every chunk then has a null usage */
    public ChunkWriter(AnswerHeader header, boolean includeUsage) {
        this.header = header;
        this.includeUsage = includeUsage;
        JsonBuffer start = new JsonBuffer(256).raw("data: ");
        this.prefix = header.open(start, "chat.completion.chunk")
                .raw(",\"choices\":[{\"index\":")
                .toBytes();
        this.suffix = ascii(includeUsage ? "}],\"usage\":null}\n\n" : "}]}\n\n");
    }

    @Override
    public void begin(int choice) {
        open(choice).raw("{\"role\":\"assistant\",\"content\":\"\"}");
        close(List.of());
    }

    @Override
    public void event(int choice, ChatEvent event, List<TokenLogprob> logprobs) {
        switch (event) {
            case ChatEvent.Content content -> {
                open(choice).raw("{\"content\":").string(content.text()).raw("}");
                close(logprobs);
            }
            case ChatEvent.Reasoning reasoning -> {
                // Half of the clients read one name, half the other; none reads both twice.
                open(choice).raw("{\"reasoning_content\":").string(reasoning.text());
                out.raw(",\"reasoning\":").string(reasoning.text()).raw("}");
                close(List.of());
            }
            case ChatEvent.CallBegin call -> {
                callBegin(choice, call);
                close(List.of());
            }
            case ChatEvent.CallArguments arguments -> {
                callArguments(choice, arguments);
                close(List.of());
            }
            case ChatEvent.CallEnd end -> {}
        }
    }

    private void callBegin(int choice, ChatEvent.CallBegin call) {
        open(choice);
        if (header.functionsForm()) {
            out.raw("{\"function_call\":{\"name\":").string(call.name()).raw(",\"arguments\":\"\"}}");
            return;
        }
        out.raw("{\"tool_calls\":[{\"index\":").number(call.index());
        out.raw(",\"id\":").string(call.id());
        out.raw(",\"type\":\"function\",\"function\":{\"name\":").string(call.name());
        out.raw(",\"arguments\":\"\"}}]}");
    }

    private void callArguments(int choice, ChatEvent.CallArguments arguments) {
        open(choice);
        if (header.functionsForm()) {
            out.raw("{\"function_call\":{\"arguments\":")
                    .string(arguments.json())
                    .raw("}}");
            return;
        }
        out.raw("{\"tool_calls\":[{\"index\":").number(arguments.index());
        out.raw(",\"function\":{\"arguments\":").string(arguments.json()).raw("}}]}");
    }

    @Override
    public void end(int choice, AnswerEnd end) {
        open(choice).raw("{},\"logprobs\":null,\"finish_reason\":").string(end.wire());
        out.raw(suffix);
    }

    /** Appends the chunk of the usage. */
    public void usage(UsageReport usage) {
        out.raw("data: ");
        header.open(out, "chat.completion.chunk").raw(",\"choices\":[],\"usage\":");
        usage.write(out);
        out.raw("}\n\n");
    }

    /** Appends the end of the stream. */
    public void done() {
        out.raw(DONE);
    }

    /** Appends a comment, which clients skip; it keeps proxies calm and finds dead clients. */
    public void keepAlive() {
        out.raw(KEEP_ALIVE);
    }

    /**
     * Appends a failure, after which nothing may follow. The event's name is for LangChain4j, which takes an error in
     * plain data for the end of a short answer.
     */
    public void error(ApiError error) {
        out.raw("event: error\ndata: ");
        error.write(out);
        out.raw("\n\n");
    }

    /** Number of bytes that wait to be sent. */
    public int pending() {
        return out.size();
    }

    /** Writes what waits, in one write, and forgets it. */
    public void sendTo(OutputStream stream) throws IOException {
        out.writeTo(stream);
        out.clear();
    }

    private JsonBuffer open(int choice) {
        return out.raw(prefix).number(choice).raw(",\"delta\":");
    }

    private void close(List<TokenLogprob> logprobs) {
        out.raw(",\"logprobs\":");
        if (logprobs.isEmpty()) {
            out.raw("null");
        } else {
            TokenLogprob.writeAll(out, logprobs);
        }
        out.raw(",\"finish_reason\":null").raw(suffix);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
