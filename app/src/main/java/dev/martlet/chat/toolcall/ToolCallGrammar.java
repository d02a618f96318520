package dev.martlet.chat.toolcall;

import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.GrammarException;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Grammars of a format's answers: calls that must come, calls that may come, and text of a given shape, each behind
 * thoughts that stay free. What they allow, the format's {@link OutputParser} reads back. Safe from any thread.
 */
public final class ToolCallGrammar {

    /** What stands around the text of an answer. */
    private record Wrapper(String open, String close) {}

    private static final Map<String, Wrapper> WRAPPERS = Map.of(
            "command_r7b", new Wrapper("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
            "hunyuan_a13b", new Wrapper("<answer>", "</answer>"),
            "ernie45", new Wrapper("<response>", "</response>"),
            "solar_open", new Wrapper("<|content|>", ""),
            "gpt_oss", new Wrapper("<|channel|>final<|message|>", ""),
            "functionary_v32", new Wrapper("all\n", ""),
            "kimi_k3", new Wrapper("<|open|>response<|sep|>", "<|close|>response<|sep|>"));

    private static final Grammar ANY_TEXT = Grammar.ofRegex("[\\s\\S]*");

    /** White space between thoughts and what follows. */
    private static final Grammar GAP = Grammar.ofRegex("\\n{0,2}");

    private final ToolCallFormat format;
    private final Spelling spelling;
    private final Optional<CallForm> form;
    private final Frame frame;

    /**
     * A tool that may be called.
     *
     * @param parameters schema of its arguments; empty for any object
     */
    public record Callable(String name, Optional<JsonObject> parameters) {
        /** The arguments of a tool that declares none. */
        public static final JsonObject NO_PARAMETERS = jakarta.json.Json.createObjectBuilder()
                .add("type", "object")
                .add("properties", JsonValue.EMPTY_JSON_OBJECT)
                .add("additionalProperties", false)
                .build();
    }

    /** A tool whose arguments no grammar can keep to its schema. */
    public static final class ToolException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final String tool;
        private final GrammarException grammarFailure;

        ToolException(String tool, GrammarException cause) {
            super(tool + ": " + cause.getMessage(), cause);
            this.tool = tool;
            this.grammarFailure = cause;
        }

        /** The tool's name. */
        public String tool() {
            return tool;
        }

        /** Why, with the place in the schema of its parameters. */
        public GrammarException grammarFailure() {
            return grammarFailure;
        }
    }

    /** @param controlTokens spellings of the model's control tokens */
    public ToolCallGrammar(ToolCallFormat format, Set<String> controlTokens) {
        this.format = format;
        this.spelling = new Spelling(controlTokens);
        this.form = CallForms.of(format);
        this.frame = frame(format);
    }

    private static Frame frame(ToolCallFormat format) {
        return switch (format) {
            case ToolCallFormat.JsonCall f -> f.frame();
            case ToolCallFormat.NamedJson f -> f.frame();
            case ToolCallFormat.BuiltIns f -> f.frame();
            case ToolCallFormat.Tagged f -> f.frame();
            case ToolCallFormat.Pythonic f -> f.frame();
            case ToolCallFormat.Nested f -> f.frame();
            case ToolCallFormat.Messages f -> Frame.NONE;
            case ToolCallFormat.Recipients f -> Frame.NONE;
            case ToolCallFormat.Blocks f -> Frame.NONE;
        };
    }

    /** Whether calls of this format can be forced at all. */
    public boolean canForce() {
        return form.isPresent();
    }

    /** Whether calls can be told from text by a marker, so that only they are held to a grammar. */
    public boolean canForceLazily() {
        return form.isPresent() && (harmony() || marked(form.get()));
    }

    private boolean harmony() {
        return format.id().equals("gpt_oss");
    }

    private boolean marked(CallForm calls) {
        String start = (calls.open() + calls.before()).strip();
        return openers().anyMatch(start::startsWith);
    }

    private Stream<String> openers() {
        return Stream.concat(frame.sections().stream(), frame.items().stream()).distinct();
    }

    /**
     * One or more calls and nothing else.
     *
     * @param tools at least one
     * @param many whether more than one call may come
     * @throws ToolException for a schema or name that cannot be kept
     */
    public Grammar calls(List<Callable> tools, boolean many) {
        CallForm calls =
                form.orElseThrow(() -> new IllegalStateException("calls of " + format.id() + " are only read"));
        Grammar call = Grammar.sequence(
                spelling.of(calls.before()),
                Grammar.anyOf(tools.stream().map(tool -> named(calls, tool)).toList()));
        Grammar first = Grammar.sequence(spelling.of(calls.open()), call);
        int more = many ? calls.most() - 1 : 0;
        Grammar close = spelling.of(calls.close());
        if (more == 0) {
            return Grammar.sequence(first, close);
        }
        Grammar next = Grammar.sequence(spelling.of(calls.separator()), call);
        return Grammar.sequence(first, next.repeated(0, more), close);
    }

    private Grammar named(CallForm calls, Callable tool) {
        try {
            JsonObject parameters = tool.parameters().orElse(JsonValue.EMPTY_JSON_OBJECT);
            return Grammar.sequence(
                    Grammar.literal(name(calls, tool.name())),
                    spelling.of(calls.between()),
                    ArgumentsGrammar.of(calls.arguments(), spelling, parameters),
                    spelling.of(calls.after()));
        } catch (GrammarException e) {
            throw new ToolException(tool.name(), e);
        }
    }

    private static String name(CallForm calls, String name) {
        if (calls.before().endsWith("\"") && calls.arguments() instanceof CallForm.Arguments.Json) {
            String quoted = JsonText.quote(name);
            return quoted.substring(1, quoted.length() - 1);
        }
        if (!name.matches("[\\p{L}\\p{N}_.:/-]+")) {
            throw new GrammarException(
                    GrammarException.Reason.UNSUPPORTED, "", "", "the model's call format cannot spell this name");
        }
        return name;
    }

    /** Free text, in which whatever begins a call goes on as one, and ends the answer unless more follow. */
    public Grammar lazily(List<Callable> tools, boolean many) {
        Grammar calls = calls(tools, many);
        List<String> markers =
                openers().filter(opener -> !spelling.isControl(opener)).toList();
        Grammar text = markers.isEmpty() ? ANY_TEXT : Grammar.textWithout(markers);
        Grammar beside = harmony() ? calls : Grammar.sequence(text, calls);
        return Grammar.anyOf(List.of(text(text), beside));
    }

    /** An answer of this text, with what the format puts around answers. */
    public Grammar text(Grammar text) {
        Wrapper wrapper = WRAPPERS.get(format.id());
        return wrapper == null
                ? text
                : Grammar.sequence(spelling.of(wrapper.open()), text, spelling.of(wrapper.close()));
    }

    /**
     * The body behind the thoughts that the model may have before it.
     *
     * @param promptSuffix what the prompt ends with; it may have opened or closed the thoughts
     * @param known whether a marker is one that the model's template writes; others are no thoughts of this model
     */
    public Grammar afterThoughts(Grammar body, String promptSuffix, Predicate<String> known) {
        if (harmony()) {
            Grammar analysis = Grammar.sequence(
                    spelling.of("<|channel|>analysis<|message|>"), ANY_TEXT, spelling.of("<|end|><|start|>assistant"));
            return Grammar.sequence(analysis.repeated(0, 8), body);
        }
        List<Grammar> thoughts = new ArrayList<>();
        for (Frame.Thoughts pair : frame.thoughts()) {
            int open = promptSuffix.lastIndexOf(pair.open());
            int closed = promptSuffix.lastIndexOf(pair.close());
            if (open >= 0 && open > closed) {
                return Grammar.sequence(thought(pair), GAP, body);
            }
            if (closed >= 0) {
                return body;
            }
            if (known.test(pair.close())) {
                thoughts.add(Grammar.sequence(spelling.of(pair.open()), thought(pair)));
            }
        }
        return thoughts.isEmpty()
                ? body
                : Grammar.sequence(
                        Grammar.sequence(Grammar.anyOf(thoughts), GAP).repeated(0, 1), body);
    }

    private Grammar thought(Frame.Thoughts pair) {
        return spelling.isControl(pair.close())
                ? Grammar.sequence(ANY_TEXT, spelling.of(pair.close()))
                : Grammar.textUntil(pair.close());
    }
}
