package dev.martlet.openai;

import jakarta.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A completion request of plain text (OpenAI's older endpoint), every field checked.
 *
 * @param model the model the client names
 * @param prompts what to go on from, at least one
 * @param suffix what the answer is to lead to; never empty text
 * @param echo whether the answer repeats its prompt
 * @param includeUsage whether a stream ends with a chunk of the usage
 * @param choices how many answers to give for each prompt
 * @param candidates how many to make for each prompt, of which the likeliest are given; at least {@code choices}
 * @param maxTokens most tokens of output per candidate; 0 where only the prompt is repeated
 * @param toldLogprobs -1 for none in the answer, which is the prompt, too, where that is repeated; 0 for the chosen tokens' log probabilities; k, at most 5, for the k
 *     likeliest tokens' too
 */
public record CompletionRequest(
        Optional<String> model,
        List<Prompt> prompts,
        Optional<String> suffix,
        boolean echo,
        boolean stream,
        boolean includeUsage,
        int choices,
        int candidates,
        OptionalInt maxTokens,
        SamplingFields sampling,
        List<String> stops,
        Set<Integer> stopTokens,
        boolean ignoreEndOfGeneration,
        int toldLogprobs,
        ResponseFormat format,
        int priority,
        List<String> ignored)
        implements GenerationSettings {

    /** What a completion goes on from. */
    public sealed interface Prompt {

        /** Where it is in the request, e.g. {@code prompt[1]}. */
        String path();

        /** A text; control tokens it spells are those tokens. */
        record Text(String text, String path) implements Prompt {
            public Text {
                Objects.requireNonNull(text, "text");
                Objects.requireNonNull(path, "path");
            }
        }

        /** Tokens of the model, at least one, taken as they are. */
        record Tokens(List<Integer> ids, String path) implements Prompt {
            public Tokens {
                ids = List.copyOf(ids);
                Objects.requireNonNull(path, "path");
            }
        }
    }

    public CompletionRequest {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(suffix, "suffix");
        Objects.requireNonNull(maxTokens, "maxTokens");
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(format, "format");
        prompts = List.copyOf(prompts);
        stops = List.copyOf(stops);
        stopTokens = Set.copyOf(stopTokens);
        ignored = List.copyOf(ignored);
    }

    /**
     * Reads and checks a request.
     *
     * @param vocabularySize number of the model's tokens, for fields that name tokens
     * @throws ApiException with status 400, naming the field at fault
     */
    public static CompletionRequest parse(JsonObject body, int vocabularySize) {
        return new CompletionReader(new Fields(body, ""), vocabularySize).read();
    }

    /** To find the likeliest candidates, their tokens' log probabilities are needed, whether or not they are told. */
    @Override
    public int topLogprobs() {
        return candidates > choices || scoresPrompt() ? Math.max(0, toldLogprobs) : toldLogprobs;
    }

    /** Whether the prompt is to be told with its log probabilities, or nothing but the prompt is to be told. */
    public boolean scoresPrompt() {
        return echo && (toldLogprobs >= 0 || maxTokens.orElse(1) == 0);
    }
}
