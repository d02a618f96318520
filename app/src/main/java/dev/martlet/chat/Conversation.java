package dev.martlet.chat;

import java.util.List;
import java.util.Objects;

/**
 * What a model is to continue.
 *
 * @param messages at least one, oldest first
 * @param tools the tools declared, in the client's order
 * @param parallelToolCalls whether one answer may hold more than one call
 */
public record Conversation(List<Message> messages, List<Tool> tools, ToolChoice toolChoice, boolean parallelToolCalls) {
    public Conversation {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
        Objects.requireNonNull(toolChoice, "toolChoice");
    }
}
