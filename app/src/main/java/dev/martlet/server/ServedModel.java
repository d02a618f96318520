package dev.martlet.server;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.toolcall.OutputParser;
import dev.martlet.engine.Generation;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.engine.Sampling;
import dev.martlet.model.Vocabulary;
import dev.martlet.openai.ChatCompletionRequest;
import java.time.Instant;
import java.util.Objects;

/**
 * A model ready to answer. All its parts are safe from any thread.
 *
 * @param id the name clients see
 * @param created when it was loaded
 * @param owner who it is from, as clients see it
 * @param fingerprint changes when the same seed may give another answer
 * @param contextTokens most tokens of a prompt and its answer together
 * @param sampling what holds where a request says nothing
 */
public record ServedModel(
        String id,
        Instant created,
        String owner,
        String fingerprint,
        int contextTokens,
        Sampling sampling,
        Vocabulary vocabulary,
        Prompter prompter,
        ParserFactory parsers,
        Generator generator) {

    public ServedModel {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(created, "created");
        Objects.requireNonNull(owner, "owner");
        Objects.requireNonNull(fingerprint, "fingerprint");
        Objects.requireNonNull(sampling, "sampling");
    }

    /** Turns a request's conversation into the model's tokens. */
    @FunctionalInterface
    public interface Prompter {
        Prompt prompt(ChatCompletionRequest request);
    }

    /** Makes the parser of one choice. */
    @FunctionalInterface
    public interface ParserFactory {
        /** @param promptSuffix what the prompt ends with; it may have opened the answer's thoughts */
        OutputParser parser(Conversation conversation, String promptSuffix);
    }

    /** Takes generations on. */
    @FunctionalInterface
    public interface Generator {
        /** @throws dev.martlet.engine.EngineException if the request is refused */
        Generation submit(GenerationRequest request);
    }

    /**
     * A rendered prompt.
     *
     * @param tokens at least one
     * @param suffix the last characters of the prompt's text
     */
    public record Prompt(int[] tokens, String suffix) {}
}
