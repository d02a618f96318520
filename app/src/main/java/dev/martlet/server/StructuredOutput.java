package dev.martlet.server;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import dev.martlet.chat.toolcall.ToolCallFormat;
import dev.martlet.chat.toolcall.ToolCallGrammar;
import dev.martlet.chat.toolcall.ToolCallGrammar.Callable;
import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.GrammarCache;
import dev.martlet.grammar.GrammarException;
import dev.martlet.grammar.JsonSchemaOptions;
import dev.martlet.grammar.TokenIndex;
import dev.martlet.model.Vocabulary;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ApiException;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.ResponseFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * What requests promise of their answers' shape, as grammars of one model: {@code response_format}, and tools that must
 * be called or are strict. What cannot be kept exactly is refused before anything is generated. Safe from any thread.
 */
final class StructuredOutput {
    private static final System.Logger LOG = System.getLogger(StructuredOutput.class.getName());

    /** Compiled grammars kept. */
    private static final int KEPT = 64;

    /** How long a request waits for its grammar; the work itself is bounded by a count of its own. */
    private static final long MOST_COMPILE_SECONDS = 3;

    /** Few, since compiling is work for processors that the model needs too; shared by all models. */
    private static final ExecutorService COMPILERS =
            new ThreadPoolExecutor(2, 2, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(64), task -> {
                Thread thread = new Thread(task, "martlet-grammar-compiler");
                thread.setDaemon(true);
                return thread;
            });

    /** Members in the schema's order and no white space, as the makers of this field write it. */
    private static final JsonSchemaOptions ANSWER = new JsonSchemaOptions(true, true);

    /** Longest place told of a schema. */
    private static final int MOST_PATH = 300;

    private final Vocabulary vocabulary;
    private final ToolCallFormat format;
    private final ToolCallGrammar tools;
    private final Predicate<String> known;

    /** Made for the first request that needs it, under this object's lock. */
    private volatile GrammarCache cache;

    /**
     * @param controlTokens spellings of the model's control tokens
     * @param known whether a marker is one that the model's chat template writes
     */
    StructuredOutput(Vocabulary vocabulary, ToolCallFormat format, Set<String> controlTokens, Predicate<String> known) {
        this.vocabulary = vocabulary;
        this.format = format;
        this.tools = new ToolCallGrammar(format, controlTokens);
        this.known = known;
    }

    /**
     * What makes two grammars of one model the same.
     *
     * @param chat whether the text is an answer of a chat, with what the model's format puts around answers
     */
    private record Key(
            ResponseFormat format,
            List<Callable> callable,
            boolean called,
            boolean many,
            String promptEnd,
            boolean chat) {
        private Key(ResponseFormat format, List<Callable> callable, boolean called, boolean many, String promptEnd) {
            this(format, callable, called, many, promptEnd, true);
        }
    }

    /**
     * The grammar of a text that is no answer of a chat; empty where it is free.
     *
     * @throws dev.martlet.openai.ApiException with status 400, naming the field, where the promise cannot be kept
     */
    Optional<CompiledGrammar> constraint(ResponseFormat format) {
        return format instanceof ResponseFormat.Text
                ? Optional.empty()
                : Optional.of(compiled(new Key(format, List.of(), false, false, "", false), name -> name));
    }

    /**
     * The grammar that the answer must follow; empty where it is free.
     *
     * @param promptSuffix what the prompt ends with
     * @throws ApiException with status 400, naming the field, where the promise cannot be kept
     */
    Optional<CompiledGrammar> constraint(ChatCompletionRequest request, String promptSuffix) {
        Conversation conversation = request.conversation();
        Calls calls = Calls.of(conversation);
        ResponseFormat shape = request.format();
        UnaryOperator<String> toolPath = name -> toolPath(request, name);
        boolean shaped = !(shape instanceof ResponseFormat.Text);
        if (request.continueFinalMessage() && (shaped || calls.required())) {
            throw ApiError.unsupported(
                            "continue_final_message",
                            "The shape of an answer that has already begun cannot be promised.")
                    .toException();
        }
        if (calls.required() && calls.tools().isEmpty()) {
            throw ApiError.unsupported(choicePath(request), "Calls of built-in tools cannot be forced.")
                    .toException();
        }
        if (calls.tools().isEmpty() || !calls.required() && !calls.held() && !shaped) {
            return shaped
                    ? Optional.of(compiled(new Key(shape, List.of(), false, false, end(promptSuffix)), toolPath))
                    : Optional.empty();
        }
        boolean lazy = !calls.required() && !shaped;
        if (lazy && !tools.canForceLazily()) {
            return Optional.empty(); // Nothing tells a call of this format from text before it is one.
        }
        if (!tools.canForce()) {
            throw ApiError.unsupported(
                            choicePath(request),
                            "Calls in this model's format (" + format.id() + ") cannot be forced, only read.")
                    .toException();
        }
        boolean many = conversation.parallelToolCalls() && !(conversation.toolChoice() instanceof ToolChoice.Named);
        ResponseFormat wanted = calls.required() ? new ResponseFormat.Text() : shape;
        Key key = new Key(wanted, calls.tools(), calls.required(), many, end(promptSuffix));
        return Optional.of(compiled(key, toolPath));
    }

    /**
     * What a request asks of its calls that has no effect, by path: in a format in which nothing tells a call from text
     * before it is one, calls that need not come cannot be held to anything.
     */
    List<String> unheld(ChatCompletionRequest request) {
        Calls calls = Calls.of(request.conversation());
        boolean lazy = !calls.required() && request.format() instanceof ResponseFormat.Text;
        if (!lazy || !calls.held() || tools.canForceLazily()) {
            return List.of();
        }
        List<String> paths = new ArrayList<>();
        if (request.conversation().toolChoice() instanceof ToolChoice.Allowed) {
            paths.add(choicePath(request));
        }
        List<Tool> declared = request.conversation().tools();
        for (int i = 0; i < declared.size(); i++) {
            if (declared.get(i) instanceof Tool.Function function && function.strict()) {
                paths.add(request.functionsForm() ? "functions[" + i + "].strict" : "tools[" + i + "].function.strict");
            }
        }
        return paths;
    }

    private static String choicePath(ChatCompletionRequest request) {
        return request.functionsForm() ? "function_call" : "tool_choice";
    }

    /** All of the suffix that matters to the grammar is in its last line or two; that is little enough for a key. */
    private static String end(String promptSuffix) {
        return promptSuffix.substring(Math.max(0, promptSuffix.length() - 64));
    }

    /**
     * The tools that may be called.
     *
     * @param required whether one must be
     * @param held whether calls are held to a grammar though none must come
     */
    private record Calls(List<Callable> tools, boolean required, boolean held) {
        static Calls of(Conversation conversation) {
            ToolChoice choice = conversation.toolChoice();
            List<Tool.Function> functions = conversation.tools().stream()
                    .filter(Tool.Function.class::isInstance)
                    .map(Tool.Function.class::cast)
                    .toList();
            return switch (choice) {
                case ToolChoice.None none -> new Calls(List.of(), false, false);
                case ToolChoice.Required required -> new Calls(exact(functions), true, true);
                case ToolChoice.Named named ->
                    new Calls(
                            exact(functions.stream()
                                    .filter(f -> f.name().equals(named.name()))
                                    .toList()),
                            true,
                            true);
                case ToolChoice.Allowed allowed -> {
                    List<Tool.Function> these = functions.stream()
                            .filter(f -> allowed.names().contains(f.name()))
                            .toList();
                    yield new Calls(allowed.required() ? exact(these) : asStrict(these), allowed.required(), true);
                }
                case ToolChoice.Auto auto ->
                    new Calls(asStrict(functions), false, functions.stream().anyMatch(Tool.Function::strict));
            };
        }

        private static List<Callable> exact(List<Tool.Function> functions) {
            return functions.stream()
                    .map(f -> new Callable(f.name(), Optional.of(f.parameters().orElse(Callable.NO_PARAMETERS))))
                    .toList();
        }

        private static List<Callable> asStrict(List<Tool.Function> functions) {
            return functions.stream()
                    .map(f -> new Callable(
                            f.name(),
                            f.strict() ? Optional.of(f.parameters().orElse(Callable.NO_PARAMETERS)) : Optional.empty()))
                    .toList();
        }
    }

    // ---- compiling

    /** @param toolPath gives the place of a tool's parameters in the request */
    private CompiledGrammar compiled(Key key, UnaryOperator<String> toolPath) {
        try {
            GrammarCache kept = cache();
            Optional<CompiledGrammar> known = kept.known(key);
            return known.isPresent() ? known.get() : compile(kept, key);
        } catch (ToolCallGrammar.ToolException e) {
            throw refused(toolPath.apply(e.tool()), e.grammarFailure());
        } catch (GrammarException e) {
            throw refused(key.format().path(), e);
        }
    }

    private GrammarCache cache() {
        GrammarCache made = cache;
        if (made == null) {
            synchronized (this) {
                if (cache == null) {
                    cache = new GrammarCache(new TokenIndex(vocabulary), KEPT);
                }
                made = cache;
            }
        }
        return made;
    }

    private CompiledGrammar compile(GrammarCache kept, Key key) {
        Future<CompiledGrammar> compilation;
        try {
            compilation = COMPILERS.submit(() -> kept.compiled(key, () -> grammar(key)));
        } catch (RejectedExecutionException e) {
            throw ApiError.overloaded(Duration.ofSeconds(1)).toException();
        }
        try {
            return compilation.get(MOST_COMPILE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            LOG.log(System.Logger.Level.WARNING, "a grammar took more than {0} s to compile", MOST_COMPILE_SECONDS);
            throw new GrammarException(GrammarException.Reason.TOO_COMPLEX, "", "", "it takes too long to compile");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw ApiErrors.shuttingDown().toException();
        }
    }

    private Grammar grammar(Key key) {
        if (!key.chat()) {
            return text(key.format());
        }
        Grammar body;
        if (key.callable().isEmpty()) {
            body = tools.text(text(key.format()));
        } else if (key.called()) {
            body = tools.calls(key.callable(), key.many());
        } else if (key.format() instanceof ResponseFormat.Text) {
            body = tools.lazily(key.callable(), key.many());
        } else {
            body = Grammar.anyOf(List.of(tools.calls(key.callable(), key.many()), tools.text(text(key.format()))));
        }
        return tools.afterThoughts(body, key.promptEnd(), known);
    }

    private static Grammar text(ResponseFormat format) {
        return switch (format) {
            case ResponseFormat.Text free -> Grammar.ofRegex("[\\s\\S]*");
            case ResponseFormat.JsonObject any ->
                Grammar.ofJsonSchema("{\"type\":\"object\"}", JsonSchemaOptions.standard());
            case ResponseFormat.JsonSchema schema -> Grammar.ofJsonSchema(schema.schema(), ANSWER);
            case ResponseFormat.Regex regex -> Grammar.ofRegex(regex.regex());
            case ResponseFormat.Gbnf gbnf -> Grammar.ofGbnf(gbnf.grammar());
            case ResponseFormat.Choice choice -> Grammar.ofChoice(choice.options());
        };
    }

    // ---- errors

    private static String toolPath(ChatCompletionRequest request, String name) {
        List<Tool> tools = request.conversation().tools();
        int i = 0;
        while (!tools.get(i).name().equals(name)) {
            i++;
        }
        return request.functionsForm() ? "functions[" + i + "].parameters" : "tools[" + i + "].function.parameters";
    }

    private static ApiException refused(String path, GrammarException e) {
        String code = switch (e.reason()) {
            case INVALID, UNSATISFIABLE -> "invalid_value";
            case UNSUPPORTED -> "unsupported_value";
            case TOO_COMPLEX -> "too_complex";
        };
        return ApiError.invalid(path + dotted(e), code, "Invalid value for '" + path + "': " + e.getMessage())
                .toException();
    }

    /** The place as the rest of a path: {@code /properties/a/items/0} and {@code not} give {@code .properties.a.items[0].not}. */
    private static String dotted(GrammarException e) {
        StringBuilder path = new StringBuilder();
        if (e.place().startsWith("/")) {
            for (String part : e.place().substring(1).split("/")) {
                String name = part.replace("~1", "/").replace("~0", "~");
                path.append(name.matches("[0-9]+") ? "[" + name + "]" : "." + name);
            }
        }
        if (e.keyword().matches("[A-Za-z$]+") && !e.place().startsWith("offset")) {
            path.append('.').append(e.keyword());
        }
        return path.length() > MOST_PATH ? path.substring(0, MOST_PATH) + "..." : path.toString();
    }
}
