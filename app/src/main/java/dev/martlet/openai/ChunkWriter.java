package dev.martlet.openai;

import dev.martlet.chat.toolcall.ChatEvent;
import java.util.List;

/**
 * Writes a chat answer as server-sent events, one chunk per event. Not thread-safe.
 *
 * <p>The shape is what seven clients agree on: the role in the first chunk of a choice; id, type and name of a call in
 * its first delta only; the finish reason in a chunk of its own with an empty delta; usage only in a last chunk without
 * choices; never an {@code error} member in a good chunk.
 */
public final class ChunkWriter extends EventWriter {

    /** @param includeUsage whether the stream ends with a chunk of the usage; every other chunk then has a null usage */
    public ChunkWriter(AnswerHeader header, boolean includeUsage) {
        super(header, "chat.completion.chunk", includeUsage);
    }

    @Override
    public void begin(int choice) {
        delta(choice).raw("{\"role\":\"assistant\",\"content\":\"\"}");
        close(List.of());
    }

    @Override
    public void event(int choice, ChatEvent event, List<TokenLogprob> logprobs) {
        switch (event) {
            case ChatEvent.Content content -> {
                delta(choice).raw("{\"content\":").string(content.text()).raw("}");
                close(logprobs);
            }
            case ChatEvent.Reasoning reasoning -> {
                // Half of the clients read one name, half the other; none reads both twice.
                delta(choice).raw("{\"reasoning_content\":").string(reasoning.text());
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
        delta(choice);
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
        delta(choice);
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
        delta(choice).raw("{},\"logprobs\":null,\"finish_reason\":").string(end.wire());
        close();
    }

    private JsonBuffer delta(int choice) {
        return open(choice).raw(",\"delta\":");
    }

    private void close(List<TokenLogprob> logprobs) {
        out.raw(",\"logprobs\":");
        if (logprobs.isEmpty()) {
            out.raw("null");
        } else {
            TokenLogprob.writeAll(out, logprobs);
        }
        out.raw(",\"finish_reason\":null");
        close();
    }
}
