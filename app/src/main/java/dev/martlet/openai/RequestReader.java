package dev.martlet.openai;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads one {@link ChatCompletionRequest}. */
final class RequestReader {
    /** Fields that promise something of the answer which is not kept. */
    private static final List<String> PROMISES = List.of("bad_words", "audio");

    private final Fields fields;
    private final GenerationReader generation;
    private final List<String> ignored = new ArrayList<>();

    RequestReader(Fields fields, int vocabularySize) {
        this.fields = fields;
        this.generation = new GenerationReader(fields, vocabularySize, ignored);
    }

    ChatCompletionRequest read() {
        Optional<String> model = fields.string("model");
        boolean functionsForm = fields.has("functions") && !fields.has("tools");
        boolean continueFinal = fields.flag("continue_final_message").orElse(false);
        boolean addPrompt = fields.flag("add_generation_prompt").orElse(!continueFinal);
        List<Message> messages = messages(continueFinal, addPrompt);
        Conversation conversation = conversation(messages, functionsForm);
        boolean stream = generation.stream();
        boolean includeUsage = generation.includeUsage(stream);
        int choices = generation.choices();
        OptionalInt maxTokens = maxTokens();
        SamplingFields sampling = generation.sampling();
        List<String> stops = generation.stops();
        Set<Integer> stopTokens = generation.stopTokens();
        boolean ignoreEnd = generation.ignoreEndOfGeneration();
        int topLogprobs = topLogprobs();
        JsonObject kwargs = templateKwargs();
        ResponseFormat format = generation.format();
        int priority = generation.priority();
        modalities();
        generation.refuse(PROMISES);
        generation.noteIgnored();
        return new ChatCompletionRequest(
                model,
                conversation,
                addPrompt,
                continueFinal,
                kwargs,
                stream,
                includeUsage,
                choices,
                maxTokens,
                sampling,
                stops,
                stopTokens,
                ignoreEnd,
                topLogprobs,
                functionsForm,
                format,
                priority,
                ignored);
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

    private Conversation conversation(List<Message> messages, boolean functionsForm) {
        List<Tool> tools;
        ToolChoice choice;
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

    private OptionalInt maxTokens() {
        OptionalInt old = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
        OptionalInt limit = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        if (limit.isEmpty()) {
            return old;
        }
        if (old.isPresent()) {
            ignored.add("max_tokens");
        }
        return limit;
    }

    private int topLogprobs() {
        boolean wanted = fields.flag("logprobs").orElse(false);
        OptionalInt top = fields.integer("top_logprobs", 0, 20);
        if (!wanted && top.isPresent() && top.getAsInt() > 0) {
            throw Fields.invalidValue("top_logprobs", "it needs 'logprobs' to be true.");
        }
        return wanted ? top.orElse(0) : -1;
    }

    private JsonObject templateKwargs() {
        JsonObject kwargs = fields.object("chat_template_kwargs").orElse(JsonObject.EMPTY_JSON_OBJECT);
        Optional<String> effort = fields.string("reasoning_effort");
        if (effort.isEmpty()) {
            return kwargs;
        }
        Set<String> efforts = Set.of("none", "minimal", "low", "medium", "high", "xhigh", "max");
        if (!efforts.contains(effort.get())) {
            throw Fields.invalidValue(
                    "reasoning_effort", "'" + Fields.shorten(effort.get()) + "' is no effort known here.");
        }
        // Templates know either the effort (gpt-oss) or a switch (Qwen3, GLM-4.5); an explicit variable wins.
        JsonObjectBuilder all = Json.builders().createObjectBuilder().add("reasoning_effort", effort.get());
        if (effort.get().equals("none")) {
            all.add("enable_thinking", false);
        }
        kwargs.forEach(all::add);
        return all.build();
    }

    private void modalities() {
        JsonArray array = fields.array("modalities").orElse(JsonValue.EMPTY_JSON_ARRAY);
        for (int i = 0; i < array.size(); i++) {
            String at = "modalities[" + i + "]";
            if (!Fields.asString(array.get(i), at).equals("text")) {
                throw ApiError.unsupported(at, "Only text comes out of this model.")
                        .toException();
            }
        }
    }
}
