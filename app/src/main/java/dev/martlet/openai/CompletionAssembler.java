package dev.martlet.openai;

import dev.martlet.chat.toolcall.ChatEvent;
import java.util.ArrayList;
import java.util.List;

/** Folds the events of a chat answer into one body. Not thread-safe. */
public final class CompletionAssembler implements AnswerBody {

    private final AnswerHeader header;
    private final List<Choice> choices = new ArrayList<>();

    public CompletionAssembler(AnswerHeader header) {
        this.header = header;
    }

    private static final class Choice {
        final StringBuilder content = new StringBuilder();
        final StringBuilder reasoning = new StringBuilder();
        final List<Call> calls = new ArrayList<>();
        final List<TokenLogprob> logprobs = new ArrayList<>();
        AnswerEnd end = AnswerEnd.STOP;
    }

    private record Call(String id, String name, StringBuilder arguments) {}

    @Override
    public void begin(int choice) {
        while (choices.size() <= choice) {
            choices.add(new Choice());
        }
    }

    @Override
    public void event(int choice, ChatEvent event, List<TokenLogprob> logprobs) {
        Choice target = choices.get(choice);
        switch (event) {
            case ChatEvent.Content content -> {
                target.content.append(content.text());
                target.logprobs.addAll(logprobs);
            }
            case ChatEvent.Reasoning reasoning -> target.reasoning.append(reasoning.text());
            case ChatEvent.CallBegin call -> target.calls.add(new Call(call.id(), call.name(), new StringBuilder()));
            case ChatEvent.CallArguments arguments ->
                target.calls.get(arguments.index()).arguments().append(arguments.json());
            case ChatEvent.CallEnd end -> {}
        }
    }

    @Override
    public void end(int choice, AnswerEnd end) {
        choices.get(choice).end = end;
    }

    @Override
    public byte[] body(UsageReport usage) {
        JsonBuffer out = new JsonBuffer(1024);
        header.open(out, "chat.completion").raw(",\"choices\":[");
        for (int i = 0; i < choices.size(); i++) {
            out.raw(i == 0 ? "" : ",");
            write(out, i, choices.get(i));
        }
        out.raw("],\"usage\":");
        usage.write(out);
        return out.raw("}").toBytes();
    }

    private void write(JsonBuffer out, int index, Choice choice) {
        out.raw("{\"index\":").number(index).raw(",\"message\":{\"role\":\"assistant\",\"content\":");
        String content = choice.content.toString().strip();
        if (content.isEmpty() && !choice.calls.isEmpty()) {
            out.raw("null");
        } else {
            out.string(content);
        }
        out.raw(",\"refusal\":null");
        String reasoning = choice.reasoning.toString().strip();
        if (!reasoning.isEmpty()) {
            out.raw(",\"reasoning_content\":").string(reasoning);
            out.raw(",\"reasoning\":").string(reasoning);
        }
        if (!choice.calls.isEmpty()) {
            writeCalls(out, choice.calls);
        }
        out.raw("},\"logprobs\":");
        if (header.logprobs()) {
            TokenLogprob.writeAll(out, choice.logprobs);
        } else {
            out.raw("null");
        }
        out.raw(",\"finish_reason\":").string(choice.end.wire()).raw("}");
    }

    private void writeCalls(JsonBuffer out, List<Call> calls) {
        if (header.functionsForm()) {
            Call call = calls.getFirst();
            out.raw(",\"function_call\":{\"name\":").string(call.name());
            out.raw(",\"arguments\":").string(call.arguments()).raw("}");
            return;
        }
        out.raw(",\"tool_calls\":[");
        for (int i = 0; i < calls.size(); i++) {
            Call call = calls.get(i);
            out.raw(i == 0 ? "" : ",").raw("{\"id\":").string(call.id());
            out.raw(",\"type\":\"function\",\"function\":{\"name\":").string(call.name());
            out.raw(",\"arguments\":").string(call.arguments()).raw("}}");
        }
        out.raw("]");
    }
}
