package dev.martlet.chat.template;

import dev.martlet.chat.Message;
import dev.martlet.chat.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Histories for templates that show one call a message: several calls become as many turns, each with its result. */
final class SingleCalls {
    private SingleCalls() {}

    static List<Message> split(List<Message> messages) {
        var split = new ArrayList<Message>(messages.size());
        int at = 0;
        while (at < messages.size()) {
            Message message = messages.get(at++);
            if (!(message instanceof Message.Assistant assistant)
                    || assistant.toolCalls().size() < 2) {
                split.add(message);
                continue;
            }
            var results = new ArrayList<Message.ToolResult>();
            while (at < messages.size() && messages.get(at) instanceof Message.ToolResult result) {
                results.add(result);
                at++;
            }
            turns(assistant, results, split);
        }
        return split;
    }

    private static void turns(Message.Assistant assistant, List<Message.ToolResult> results, List<Message> split) {
        boolean first = true;
        for (ToolCall call : assistant.toolCalls()) {
            split.add(new Message.Assistant(
                    first ? assistant.content() : List.of(),
                    first ? assistant.reasoning() : Optional.empty(),
                    List.of(call),
                    assistant.name()));
            first = false;
            for (int i = 0; i < results.size(); i++) {
                if (results.get(i).toolCallId().equals(call.id())) {
                    split.add(results.remove(i--));
                }
            }
        }
        // Results of calls that are not there stay where they were: at the end.
        split.addAll(results);
    }
}
