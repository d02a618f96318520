package dev.martlet.openai;

import dev.martlet.chat.Conversation;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A request to go on with a conversation, every field checked: chat's own, and what the other wires' requests are read
 * into.
 *
 * @param model the model the client names
 * @param addGenerationPrompt whether the template opens the assistant's turn
 * @param continueFinalMessage whether the answer goes on with the last message instead of beginning a new one
 * @param templateKwargs further variables of the chat template
 * @param includeUsage whether a stream ends with a chunk of the usage
 * @param choices how many answers to make, 1 to 128
 * @param maxTokens most tokens of output per choice
 * @param stops texts that end an answer and are no part of it
 * @param stopTokens tokens that do the same
 * @param topLogprobs -1 for none; 0 for the chosen tokens' log probabilities; k for the k likeliest tokens' too
 * @param names what errors call the request's fields
 * @param format the shape of the answer's text
 * @param prediction what the client expects the answer to be, or to have much of
 * @param priority the lower the sooner it runs where requests wait; 0 unless told
 * @param ignored fields of the request that have no effect, by path
 */
public record ChatCompletionRequest(
        Optional<String> model,
        Conversation conversation,
        boolean addGenerationPrompt,
        boolean continueFinalMessage,
        JsonObject templateKwargs,
        boolean stream,
        boolean includeUsage,
        int choices,
        OptionalInt maxTokens,
        SamplingFields sampling,
        List<String> stops,
        Set<Integer> stopTokens,
        boolean ignoreEndOfGeneration,
        int topLogprobs,
        FieldNames names,
        ResponseFormat format,
        Optional<String> prediction,
        int priority,
        List<String> ignored)
        implements GenerationSettings {

    public ChatCompletionRequest {
        Objects.requireNonNull(conversation, "conversation");
        Objects.requireNonNull(templateKwargs, "templateKwargs");
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(names, "names");
        Objects.requireNonNull(format, "format");
        Objects.requireNonNull(prediction, "prediction");
        stops = List.copyOf(stops);
        stopTokens = Set.copyOf(stopTokens);
        ignored = List.copyOf(ignored);
    }

    /** A request for one answer, as wires ask that know less than chat's. */
    public static ChatCompletionRequest single(
            Optional<String> model,
            Conversation conversation,
            boolean continueFinalMessage,
            JsonObject templateKwargs,
            boolean stream,
            OptionalInt maxTokens,
            SamplingFields sampling,
            List<String> stops,
            FieldNames names,
            ResponseFormat format,
            List<String> ignored) {
        return new ChatCompletionRequest(
                model,
                conversation,
                !continueFinalMessage,
                continueFinalMessage,
                templateKwargs,
                stream,
                true,
                1,
                maxTokens,
                sampling,
                stops,
                Set.of(),
                false,
                -1,
                names,
                format,
                Optional.empty(),
                0,
                ignored);
    }

    /**
     * Reads and checks a request.
     *
     * @param vocabularySize number of the model's tokens, for fields that name tokens
     * @throws ApiException with status 400, naming the field at fault
     */
    public static ChatCompletionRequest parse(JsonObject body, int vocabularySize) {
        return parse(body, vocabularySize, name -> true);
    }

    /**
     * Reads and checks a request, and notes the variables that have no effect.
     *
     * @param variables whether the model's chat template reads a variable of this name
     */
    public static ChatCompletionRequest parse(JsonObject body, int vocabularySize, Predicate<String> variables) {
        return new RequestReader(new Fields(body, ""), vocabularySize, variables).read();
    }

    /** What the prompt is made of. */
    public ChatPrompt prompt() {
        return new ChatPrompt(
                conversation, addGenerationPrompt, continueFinalMessage, templateKwargs, names.messages());
    }

    /** Whether the client speaks the old form, {@code functions} and {@code function_call}. */
    public boolean functionsForm() {
        return names.equals(FieldNames.FUNCTIONS);
    }
}
