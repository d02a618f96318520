package dev.martlet.openai;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Reads the fields that a chat's prompt is made of. */
final class ChatPromptReader {
    private static final String EFFORT = "reasoning_effort";
    private static final String THINKING = "enable_thinking";
    private static final Set<String> EFFORTS = Set.of("none", "minimal", "low", "medium", "high", "xhigh", "max");

    private final Fields fields;
    private final Predicate<String> variables;
    private final List<String> ignored;

    /**
     * @param variables whether the chat template reads a variable of this name
     * @param ignored receives the paths of fields that have no effect
     */
    ChatPromptReader(Fields fields, Predicate<String> variables, List<String> ignored) {
        this.fields = fields;
        this.variables = variables;
        this.ignored = ignored;
    }

    /** Whether the client speaks the old form, {@code functions} and {@code function_call}. */
    boolean functionsForm() {
        return fields.has("functions") && !fields.has("tools");
    }

    ChatPrompt read() {
        boolean continueFinal = fields.flag("continue_final_message").orElse(false);
        boolean addPrompt = fields.flag("add_generation_prompt").orElse(!continueFinal);
        List<Message> messages = messages(continueFinal, addPrompt);
        return new ChatPrompt(conversation(messages), addPrompt, continueFinal, templateKwargs());
    }

    private List<Message> messages(boolean continueFinal, boolean addPrompt) {
        JsonArray array = fields.array("messages").orElseThrow(() -> Fields.missing("messages"));
        if (array.isEmpty()) {
            throw Fields.invalidValue("messages", "expected at least one message, but got none.");
        }
        List<Message> messages = new MessageReader().read(array, "messages");
        boolean lastIsAssistant = messages.getLast() instanceof Message.Assistant;
        String last = "messages[" + (messages.size() - 1) + "].role";
        if (continueFinal && addPrompt) {
            throw Fields.invalidValue(
                    "continue_final_message", "it cannot be true together with 'add_generation_prompt'.");
        }
        if (continueFinal && !lastIsAssistant) {
            throw Fields.invalidValue(last, "'continue_final_message' needs a last message of role 'assistant'.");
        }
        if (!continueFinal && lastIsAssistant) {
            throw Fields.invalidValue(
                    last, "the last message is of role 'assistant'; set 'continue_final_message' to go on with it.");
        }
        return messages;
    }

    private Conversation conversation(List<Message> messages) {
        List<Tool> tools;
        ToolChoice choice;
        boolean functionsForm = functionsForm();
        if (functionsForm) {
            tools = ToolReader.functions(fields.array("functions").orElseThrow(), "functions");
            choice = fields.value("function_call")
                    .map(value -> ToolReader.functionCall(value, "function_call", tools))
                    .orElse(new ToolChoice.Auto());
        } else {
            tools = fields.array("tools")
                    .map(array -> ToolReader.tools(array, "tools"))
                    .orElse(List.of());
            choice = fields.value("tool_choice")
                    .map(value -> ToolReader.choice(value, "tool_choice", tools))
                    .orElse(new ToolChoice.Auto());
        }
        boolean parallel = fields.flag("parallel_tool_calls").orElse(true) && !functionsForm;
        return new Conversation(messages, tools, choice, parallel);
    }

    private JsonObject templateKwargs() {
        JsonObject kwargs = fields.object("chat_template_kwargs").orElse(JsonObject.EMPTY_JSON_OBJECT);
        kwargs.keySet().stream()
                .filter(name -> !variables.test(name))
                .map(name -> "chat_template_kwargs." + name)
                .forEach(ignored::add);
        Optional<String> effort = fields.string(EFFORT);
        if (effort.isEmpty()) {
            return kwargs;
        }
        if (!EFFORTS.contains(effort.get())) {
            throw Fields.invalidValue(EFFORT, "'" + Fields.shorten(effort.get()) + "' is no effort known here.");
        }
        // Templates know either the effort (gpt-oss) or a switch (Qwen3, GLM-4.5); an explicit variable wins.
        JsonObjectBuilder all = Json.builders().createObjectBuilder().add(EFFORT, effort.get());
        boolean none = effort.get().equals("none");
        if (none) {
            all.add(THINKING, false);
        }
        if (!variables.test(EFFORT) && !(none && variables.test(THINKING))) {
            ignored.add(EFFORT);
        }
        kwargs.forEach(all::add);
        return all.build();
    }
}
