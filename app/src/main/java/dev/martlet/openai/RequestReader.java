package dev.martlet.openai;

import dev.martlet.chat.Part;
import jakarta.json.JsonArray;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Reads one {@link ChatCompletionRequest}. */
final class RequestReader {
    /** Fields that promise something of the answer which is not kept. */
    private static final List<String> PROMISES = List.of("bad_words", "audio");

    private final Fields fields;
    private final ChatPromptReader chat;
    private final GenerationReader generation;
    private final List<String> ignored = new ArrayList<>();

    RequestReader(Fields fields, int vocabularySize, Predicate<String> variables) {
        this.fields = fields;
        this.chat = new ChatPromptReader(fields, variables, ignored);
        this.generation = new GenerationReader(fields, vocabularySize, ignored);
    }

    ChatCompletionRequest read() {
        Optional<String> model = fields.string("model");
        ChatPrompt prompt = chat.read();
        boolean stream = generation.stream();
        boolean includeUsage = generation.includeUsage(stream);
        int choices = generation.choices();
        OptionalInt maxTokens = maxTokens();
        SamplingFields sampling = generation.sampling();
        List<String> stops = generation.stops();
        Set<Integer> stopTokens = generation.stopTokens();
        boolean ignoreEnd = generation.ignoreEndOfGeneration();
        int topLogprobs = topLogprobs();
        ResponseFormat format = generation.format();
        Optional<String> prediction = prediction();
        int priority = generation.priority();
        modalities();
        generation.refuse(PROMISES);
        generation.noteIgnored();
        return new ChatCompletionRequest(
                model,
                prompt.conversation(),
                prompt.addGenerationPrompt(),
                prompt.continueFinalMessage(),
                prompt.templateKwargs(),
                stream,
                includeUsage,
                choices,
                maxTokens,
                sampling,
                stops,
                stopTokens,
                ignoreEnd,
                topLogprobs,
                chat.functionsForm() ? FieldNames.FUNCTIONS : FieldNames.CHAT,
                format,
                prediction,
                priority,
                ignored);
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

    private Optional<String> prediction() {
        return fields.object("prediction").map(object -> {
            Fields inner = new Fields(object, "prediction");
            String type = inner.requiredString("type");
            if (!type.equals("content")) {
                throw Fields.invalidValue(
                        inner.path("type"), "'" + Fields.shorten(type) + "' is not 'content', the only kind there is.");
            }
            String text = ContentReader.required(inner).stream()
                    .map(part -> switch (part) {
                        case Part.Text written -> written.text();
                    })
                    .collect(Collectors.joining());
            ignored.addAll(inner.unread());
            return text;
        });
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
