package dev.martlet.openai;

import java.util.Objects;

/**
 * What the parts of a request are called on its wire, so that errors can name them.
 *
 * @param messages the conversation
 * @param tools the list of tools
 * @param parameters the schema of a function's arguments, within one of the tools
 * @param toolChoice what tells the tool that must be called
 * @param continuation what asks the model to go on with the last message
 */
public record FieldNames(String messages, String tools, String parameters, String toolChoice, String continuation) {

    static final FieldNames CHAT =
            new FieldNames("messages", "tools", "function.parameters", "tool_choice", "continue_final_message");

    /** The old form of chat's tools. */
    static final FieldNames FUNCTIONS =
            new FieldNames("messages", "functions", "parameters", "function_call", "continue_final_message");

    public FieldNames {
        Objects.requireNonNull(messages, "messages");
        Objects.requireNonNull(tools, "tools");
        Objects.requireNonNull(parameters, "parameters");
        Objects.requireNonNull(toolChoice, "toolChoice");
        Objects.requireNonNull(continuation, "continuation");
    }

    /** The path of one function's schema. */
    public String parameters(int tool) {
        return tools + "[" + tool + "]." + parameters;
    }

    /** The path of what asks to hold one function's arguments to its schema; it stands beside the schema. */
    public String strict(int tool) {
        String path = parameters(tool);
        return path.substring(0, path.lastIndexOf('.')) + ".strict";
    }
}
