package dev.martlet.server;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.template.Prompt;
import dev.martlet.chat.template.PromptOptions;
import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.chat.template.Segment;
import dev.martlet.chat.template.TemplateException;
import dev.martlet.chat.toolcall.OutputParser;
import dev.martlet.chat.toolcall.ParserOptions;
import dev.martlet.chat.toolcall.ToolCallFormat;
import dev.martlet.engine.Engine;
import dev.martlet.engine.Generation;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.engine.Sampling;
import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.model.Model;
import dev.martlet.model.ModelInfo;
import dev.martlet.model.Tokenizer;
import dev.martlet.model.Vocabulary;
import dev.martlet.openai.AnswerHeader;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.ChatPrompt;
import dev.martlet.openai.ResponseFormat;
import dev.martlet.text.Detokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A model ready to answer: what clients see of it, its prompts, its output's format and its engine. Safe from any thread;
 * it owns nothing.
 */
public final class ServedModel {
    private static final System.Logger LOG = System.getLogger(ServedModel.class.getName());

    /** Characters of a prompt's end in which a parser looks for opened thoughts. */
    private static final int SUFFIX = 256;

    private final Card card;
    private final Sampling sampling;
    private final Vocabulary vocabulary;
    private final PromptRenderer renderer;
    private final PromptTokenizer tokenizer;
    private final ToolCallFormat format;
    private final Set<String> controlTokens;
    private final StructuredOutput structured;
    private final Generator generator;
    private final Optional<FillTokens> fill;
    private final Predicate<String> known;

    /**
     * What clients see of a model.
     *
     * @param id its name
     * @param created when it was loaded
     * @param owner who it is from
     * @param fingerprint changes when the same seed may give another answer
     * @param contextTokens most tokens of a prompt and its answer together
     */
    public record Card(String id, Instant created, String owner, String fingerprint, int contextTokens) {
        public Card {
            Objects.requireNonNull(id, "id");
            Objects.requireNonNull(created, "created");
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(fingerprint, "fingerprint");
        }
    }

    /** Takes generations on; {@link Engine#submit}. */
    @FunctionalInterface
    public interface Generator {
        /** @throws dev.martlet.engine.EngineException if the request is refused */
        Generation submit(GenerationRequest request);

        /** Whether it verifies drafts, so that a prediction makes an answer come sooner. */
        default boolean drafts() {
            return true;
        }
    }

    private record EngineGenerator(Engine engine) implements Generator {
        @Override
        public Generation submit(GenerationRequest request) {
            return engine.submit(request);
        }

        @Override
        public boolean drafts() {
            return engine.setup().drafts();
        }
    }

    /**
     * A model of any make.
     *
     * @param sampling what holds where a request says nothing
     * @param first the token every prompt begins with, where the model wants one
     * @param known whether the chat template has this text in it: a marker of thoughts, or a variable
     * @param fill tells it to fill in text, where it has learned that
     */
    public ServedModel(
            Card card,
            Sampling sampling,
            Vocabulary vocabulary,
            Tokenizer tokenizer,
            OptionalInt first,
            PromptRenderer renderer,
            ToolCallFormat format,
            Predicate<String> known,
            Generator generator,
            Optional<FillTokens> fill) {
        this.card = Objects.requireNonNull(card, "card");
        this.sampling = Objects.requireNonNull(sampling, "sampling");
        this.vocabulary = Objects.requireNonNull(vocabulary, "vocabulary");
        this.tokenizer = new PromptTokenizer(tokenizer, vocabulary, first);
        this.renderer = Objects.requireNonNull(renderer, "renderer");
        this.format = Objects.requireNonNull(format, "format");
        this.generator = Objects.requireNonNull(generator, "generator");
        this.known = Objects.requireNonNull(known, "known");
        this.fill = Objects.requireNonNull(fill, "fill");
        this.controlTokens = this.tokenizer.controlSpellings();
        this.structured = new StructuredOutput(vocabulary, format, controlTokens, known);
    }

    /**
     * A model's file, its chat template, and the output format that goes with the template.
     *
     * @param id the name clients see
     * @param template a Jinja source in the place of the file's own; empty for that
     * @param format the output's format; empty to find it by the template
     * @throws dev.martlet.chat.template.TemplateException where the template is none
     */
    public static ServedModel of(
            String id, Model model, Engine engine, Optional<String> template, Optional<ToolCallFormat> format) {
        return of(id, model, engine.limits().sequenceTokens(), new EngineGenerator(engine), template, format);
    }

    /**
     * A model that does not generate, but gives vectors or scores.
     *
     * @param id the name clients see
     * @param longest most tokens of a text
     */
    public static ServedModel ofVectors(String id, Model model, int longest) {
        Generator none = request -> {
            throw ApiError.unsupported("model", "This model cannot generate; it is for embeddings or ranking.")
                    .toException();
        };
        return of(id, model, longest, none, Optional.empty(), Optional.empty());
    }

    private static ServedModel of(
            String id,
            Model model,
            int contextTokens,
            Generator generator,
            Optional<String> template,
            Optional<ToolCallFormat> format) {
        ModelInfo info = model.info();
        Map<String, String> tokens = new HashMap<>();
        info.special().bos().ifPresent(bos -> tokens.put("bos_token", spelling(model.vocabulary(), bos)));
        info.special().eos().ifPresent(eos -> tokens.put("eos_token", spelling(model.vocabulary(), eos)));
        Optional<String> source = template.or(model::chatTemplate);
        PromptRenderer renderer = PromptRenderer.of(source, tokens);
        FormatChoice choice =
                format.map(set -> FormatChoice.set(set, renderer)).orElseGet(() -> FormatChoice.of(source, renderer));
        LOG.log(
                choice.doubtful() ? System.Logger.Level.WARNING : System.Logger.Level.INFO,
                "tool-call format " + choice.format().id() + ": " + choice.reason());
        return new ServedModel(
                new Card(id, Instant.now(), "martlet", fingerprint(info), contextTokens),
                Sampling.seeded(0),
                model.vocabulary(),
                model.tokenizer(),
                info.addBos() ? info.special().bos() : OptionalInt.empty(),
                renderer,
                choice.format(),
                marker -> source.orElse("").contains(marker),
                generator,
                FillTokens.of(info.special()));
    }

    private static String spelling(Vocabulary vocabulary, int token) {
        return new String(vocabulary.bytes(token), StandardCharsets.UTF_8);
    }

    /** Begins with a b, as clients of llama-server have seen it. */
    private static String fingerprint(ModelInfo info) {
        int hash = Objects.hash(info.description(), info.sizeBytes(), info.parameters());
        return "b" + Integer.toHexString(hash);
    }

    public Card card() {
        return card;
    }

    /** The format its output is read by. */
    public ToolCallFormat format() {
        return format;
    }

    /** What holds where a request says nothing. */
    public Sampling sampling() {
        return sampling;
    }

    public Vocabulary vocabulary() {
        return vocabulary;
    }

    public Generator generator() {
        return generator;
    }

    /** What the answers of one request begin with. */
    AnswerHeader header(String id, boolean logprobs, boolean functionsForm) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        return new AnswerHeader(id, now, card.id(), card.fingerprint(), logprobs, functionsForm);
    }

    /**
     * The tokens of a text in which control tokens may be spelled.
     *
     * @param begin whether the token that the model wants first is put there
     */
    int[] tokens(String text, boolean begin) {
        return tokenizer.encode(List.of(new Segment(text, true)), begin);
    }

    /** The tokens of a text that is nothing but text. */
    int[] plainTokens(String text) {
        return tokenizer.encode(List.of(new Segment(text, false)), false);
    }

    /** The text of tokens, control tokens spelled out. */
    String text(int[] tokens) {
        Detokenizer detokenizer = Detokenizer.spellingControl(vocabulary);
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            text.append(detokenizer.push(token));
        }
        return text.append(detokenizer.finish()).toString();
    }

    /** The prompt for what stands between these; empty where the model has not learned that. */
    Optional<int[]> fill(int[] before, String behind) {
        return fill.map(marks -> tokenizer.begin(marks.between(before, plainTokens(behind))));
    }

    /** A prompt's tokens, and the end of its text, which may have opened the answer's thoughts. */
    record Rendered(int[] tokens, String suffix) {}

    /** @throws dev.martlet.openai.ApiException with status 400 if the template refuses the conversation */
    Rendered render(ChatCompletionRequest request) {
        return render(request.prompt());
    }

    /** @throws dev.martlet.openai.ApiException with status 400 if the template refuses the conversation */
    Rendered render(ChatPrompt chat) {
        Prompt prompt = prompt(chat);
        int[] tokens = tokenizer.encode(prompt.segments(), true);
        if (tokens.length == 0) {
            throw ApiError.invalid(chat.param(), "invalid_value", "The messages give an empty prompt.")
                    .toException();
        }
        // Only the template's own words open thoughts; a user who ends with the marker does not.
        String last = prompt.segments().getLast().trusted()
                ? prompt.segments().getLast().text()
                : "";
        return new Rendered(tokens, last.substring(Math.max(0, last.length() - SUFFIX)));
    }

    private Prompt prompt(ChatPrompt chat) {
        PromptOptions options = new PromptOptions(
                chat.templateKwargs(),
                chat.addGenerationPrompt(),
                chat.continueFinalMessage(),
                Clock.systemDefaultZone());
        try {
            return renderer.render(chat.conversation(), options);
        } catch (TemplateException e) {
            throw ApiErrors.of(e, chat.param()).toException();
        }
    }

    /**
     * A chat's prompt as text.
     *
     * @throws dev.martlet.openai.ApiException with status 400 if the template refuses the conversation
     */
    String promptText(ChatPrompt chat) {
        return prompt(chat).text();
    }

    /** Whether the chat template may read a variable of this name: it is written there. */
    boolean readsVariable(String name) {
        return known.test(name);
    }

    /**
     * The grammar that the answers to a request must follow; empty where they are free.
     *
     * @throws dev.martlet.openai.ApiException with status 400, naming the field, where no grammar can keep what it asks for
     */
    Optional<CompiledGrammar> constraint(ChatCompletionRequest request, Rendered prompt) {
        return structured.constraint(request, prompt.suffix());
    }

    /** Fields of a request, by path, that have no effect with this model; those of any model are the request's. */
    List<String> unheld(ChatCompletionRequest request) {
        return structured.unheld(request);
    }

    /** The grammar that a completion of plain text must follow from its first token on; empty where it is free. */
    Optional<CompiledGrammar> constraint(ResponseFormat format) {
        return structured.constraint(format);
    }

    /** The parser of one choice. */
    OutputParser parser(Conversation conversation, String promptSuffix) {
        return format.parser(ParserOptions.of(conversation.tools())
                .withToolChoice(conversation.toolChoice())
                .withParallelToolCalls(conversation.parallelToolCalls())
                .withPromptSuffix(promptSuffix)
                .withControlTokens(controlTokens));
    }
}
