package dev.martlet.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads one {@link CompletionRequest}. */
final class CompletionReader {
    private static final int MAX_BEST_OF = 20;
    private static final int MAX_LOGPROBS = 5;

    /** Fields that promise something which is not kept. */
    private static final List<String> PROMISES = List.of("bad_words", "prompt_logprobs", "prompt_embeds");

    private final Fields fields;
    private final int vocabularySize;
    private final GenerationReader generation;
    private final List<String> ignored = new ArrayList<>();

    CompletionReader(Fields fields, int vocabularySize) {
        this.fields = fields;
        this.vocabularySize = vocabularySize;
        this.generation = new GenerationReader(fields, vocabularySize, ignored);
    }

    CompletionRequest read() {
        Optional<String> model = fields.string("model");
        List<CompletionRequest.Prompt> prompts =
                new PromptList("prompt", GenerationSettings.MAX_CHOICES, vocabularySize).read(fields);
        Optional<String> suffix =
                fields.string("suffix").filter(text -> !text.isEmpty()).map(ContentReader::scalars);
        boolean stream = generation.stream();
        boolean includeUsage = generation.includeUsage(stream);
        int choices = generation.choices();
        int candidates = candidates(choices, stream);
        checkTotal(prompts.size(), candidates);
        OptionalInt maxTokens = fields.integer("max_tokens", 0, Integer.MAX_VALUE);
        SamplingFields sampling = generation.sampling();
        List<String> stops = generation.stops();
        Set<Integer> stopTokens = generation.stopTokens();
        boolean ignoreEnd = generation.ignoreEndOfGeneration();
        boolean echo = fields.flag("echo").orElse(false);
        int logprobs = fields.integer("logprobs", 0, MAX_LOGPROBS).orElse(-1);
        checkEcho(echo, logprobs, maxTokens, suffix);
        ResponseFormat format = generation.format();
        int priority = generation.priority();
        generation.refuse(PROMISES);
        generation.noteIgnored();
        return new CompletionRequest(
                model,
                prompts,
                suffix,
                echo,
                stream,
                includeUsage,
                choices,
                candidates,
                maxTokens,
                sampling,
                stops,
                stopTokens,
                ignoreEnd,
                logprobs,
                format,
                priority,
                ignored);
    }

    private int candidates(int choices, boolean stream) {
        int candidates = fields.integer("best_of", 1, MAX_BEST_OF).orElse(choices);
        if (candidates < choices) {
            throw Fields.invalidValue("best_of", "it is " + candidates + ", which is less than 'n' (" + choices + ").");
        }
        if (stream && candidates > choices) {
            throw Fields.invalidValue("best_of", "which candidates are best is not known while they are streamed.");
        }
        return candidates;
    }

    private void checkTotal(int prompts, int candidates) {
        if ((long) prompts * candidates > GenerationSettings.MAX_CHOICES) {
            String name = fields.has("best_of") ? "best_of" : candidates > 1 ? "n" : "prompt";
            throw Fields.invalidValue(
                    name,
                    "at most " + GenerationSettings.MAX_CHOICES + " answers are made for one request, but " + prompts
                            + " prompts times " + candidates + " were asked for.");
        }
    }

    private static void checkEcho(boolean echo, int logprobs, OptionalInt maxTokens, Optional<String> suffix) {
        if (!echo && maxTokens.isPresent() && maxTokens.getAsInt() == 0) {
            throw Fields.invalidValue("max_tokens", "without 'echo' at least one token is to be made.");
        }
        if (echo && suffix.isPresent() && (logprobs >= 0 || maxTokens.orElse(1) == 0)) {
            throw Fields.invalidValue("suffix", "with it, the prompt that is repeated is not what the model reads.");
        }
    }
}
