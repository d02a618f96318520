package dev.martlet.openai;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import dev.martlet.engine.GenerationRequest;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads one {@link ChatCompletionRequest}. */
final class RequestReader {
    private static final int MAX_STOPS = 4;

    /** Fields that promise something of the answer which is not kept. */
    private static final List<String> PROMISES = List.of("bad_words", "audio");

    private final Fields fields;
    private final int vocabularySize;
    private final List<String> ignored = new ArrayList<>();

    RequestReader(Fields fields, int vocabularySize) {
        this.fields = fields;
        this.vocabularySize = vocabularySize;
    }

    ChatCompletionRequest read() {
        Optional<String> model = fields.string("model");
        boolean functionsForm = fields.has("functions") && !fields.has("tools");
        boolean continueFinal = fields.flag("continue_final_message").orElse(false);
        boolean addPrompt = fields.flag("add_generation_prompt").orElse(!continueFinal);
        List<Message> messages = messages(continueFinal, addPrompt);
        Conversation conversation = conversation(messages, functionsForm);
        boolean stream = fields.flag("stream").orElse(false);
        boolean includeUsage = stream && includeUsage();
        int choices = fields.integer("n", 1, ChatCompletionRequest.MAX_CHOICES).orElse(1);
        OptionalInt maxTokens = maxTokens();
        SamplingFields sampling = SamplingFields.read(fields, vocabularySize);
        List<String> stops = stops();
        Set<Integer> stopTokens = stopTokens();
        boolean ignoreEnd = fields.flag("ignore_eos").orElse(false);
        int topLogprobs = topLogprobs();
        JsonObject kwargs = templateKwargs();
        ResponseFormat format = new FormatReader(fields, ignored).read();
        int priority = fields.integer("priority", GenerationRequest.LEAST_PRIORITY, GenerationRequest.MOST_PRIORITY)
                .orElse(0);
        modalities();
        withoutEffect();
        PROMISES.stream().filter(fields::has).findFirst().ifPresent(name -> {
            throw ApiError.unsupported(name, "'" + name + "' is not supported yet.")
                    .toException();
        });
        ignored.addAll(fields.unread());
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

    private boolean includeUsage() {
        Optional<JsonObject> options = fields.object("stream_options");
        if (options.isEmpty()) {
            return false;
        }
        Fields inner = new Fields(options.get(), "stream_options");
        boolean include = inner.flag("include_usage").orElse(false);
        ignored.addAll(inner.unread());
        return include;
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

    private List<String> stops() {
        Optional<JsonValue> value = fields.value("stop");
        if (value.isEmpty()) {
            return List.of();
        }
        return switch (value.get()) {
            case JsonString text -> List.of(nonEmpty(text.getString(), "stop"));
            case JsonArray array -> {
                if (array.size() > MAX_STOPS) {
                    throw Fields.invalidValue("stop", "at most " + MAX_STOPS + " texts, but got " + array.size() + ".");
                }
                List<String> stops = new ArrayList<>();
                for (int i = 0; i < array.size(); i++) {
                    String at = "stop[" + i + "]";
                    stops.add(nonEmpty(Fields.asString(array.get(i), at), at));
                }
                yield stops;
            }
            case JsonValue other -> throw Fields.wrongType("stop", "a string or an array of strings", other);
        };
    }

    private static String nonEmpty(String text, String path) {
        if (text.isEmpty()) {
            throw Fields.invalidValue(path, "an empty text stops nothing.");
        }
        return text;
    }

    private Set<Integer> stopTokens() {
        Set<Integer> tokens = new LinkedHashSet<>();
        JsonArray array = fields.array("stop_token_ids").orElse(JsonValue.EMPTY_JSON_ARRAY);
        for (int i = 0; i < array.size(); i++) {
            tokens.add((int) Fields.asInteger(array.get(i), "stop_token_ids[" + i + "]", 0, vocabularySize - 1));
        }
        return tokens;
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

    /** Fields that ask for what happens anyway are not told as ignored; their type is checked like any other's. */
    private void withoutEffect() {
        if (fields.has("cache_prompt") && !fields.flag("cache_prompt").orElse(true)) {
            ignored.add("cache_prompt");
        }
        if (fields.has("store") && fields.flag("store").orElse(false)) {
            ignored.add("store");
        }
        fields.string("service_tier").filter(tier -> !tier.equals("auto")).ifPresent(t -> ignored.add("service_tier"));
        fields.string("user").ifPresent(u -> ignored.add("user"));
        fields.object("metadata").ifPresent(m -> ignored.add("metadata"));
    }
}
