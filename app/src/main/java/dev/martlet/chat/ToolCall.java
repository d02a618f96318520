package dev.martlet.chat;

import java.util.Objects;

/**
 * A call of a tool that an assistant message carries.
 *
 * @param id the call's id, never empty
 * @param name the tool's name
 * @param arguments the arguments as JSON text; from a client's history it may be anything, also no JSON at all
 */
public record ToolCall(String id, String name, String arguments) {
    public ToolCall {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(arguments, "arguments");
    }
}
