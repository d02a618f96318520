package dev.martlet.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/**
 * A set of texts that a model may write: JSON under a schema, the matches of a regular expression, one of several
 * strings, or any composition of these. Independent of any model; immutable and safe from any thread.
 *
 * <p>All factories refuse with a {@link GrammarException} what cannot be enforced exactly, and what nothing satisfies.
 */
public final class Grammar {

    private final Node root;

    private Grammar(Node root) {
        this.root = root;
    }

    /** Compiles; what is nested too deeply for this thread's stack is too complex, and not the end of the thread. */
    private static Grammar guarded(Supplier<Node> compilation) {
        try {
            return new Grammar(compilation.get());
        } catch (StackOverflowError e) {
            throw new GrammarException(GrammarException.Reason.TOO_COMPLEX, "", "", "the grammar is nested too deeply");
        }
    }

    /** {@link #ofJsonSchema(String, JsonSchemaOptions)} in the standard layout. */
    public static Grammar ofJsonSchema(String schema) {
        return ofJsonSchema(schema, JsonSchemaOptions.standard());
    }

    /**
     * The JSON texts that satisfy a schema of draft 2020-12, or of draft 4 to 7 where its $schema says so.
     *
     * @param schema the schema as JSON, at most 2 Mi characters
     * @throws GrammarException with the JSON pointer and the keyword to blame
     */
    public static Grammar ofJsonSchema(String schema, JsonSchemaOptions options) {
        return ofJsonSchema(schema, "", options);
    }

    /**
     * The JSON texts that satisfy a part of a schema, whose references may point anywhere in the whole.
     *
     * @param pointer JSON pointer to the part
     * @throws GrammarException with the JSON pointer, from the root on, and the keyword to blame
     */
    public static Grammar ofJsonSchema(String schema, String pointer, JsonSchemaOptions options) {
        return guarded(() -> SchemaGrammar.of(schema, pointer, options));
    }

    /** Any JSON value. */
    public static Grammar ofJson(JsonSchemaOptions options) {
        return ofJsonSchema("true", options);
    }

    /**
     * The texts that match a regular expression of ECMA-262 as a whole.
     *
     * @throws GrammarException UNSUPPORTED for back-references, look-behind and word boundaries
     */
    public static Grammar ofRegex(String regex) {
        return guarded(() -> word(RegexParser.matching(regex, new Budget(Budget.DEFAULT))));
    }

    /**
     * The texts that match the rule {@code root} of a grammar in GBNF, the notation of llama.cpp. A word in angle brackets
     * is the control token of that spelling.
     *
     * @throws GrammarException UNSUPPORTED for a rule that begins with itself, and for tokens by number
     */
    public static Grammar ofGbnf(String grammar) {
        return guarded(() -> GbnfGrammar.of(grammar));
    }

    /** One of some strings. */
    public static Grammar ofChoice(Collection<String> options) {
        return new Grammar(word(Texts.of(options, new Budget(Budget.DEFAULT)).dfa()));
    }

    /** Exactly this text. */
    public static Grammar literal(String text) {
        return ofChoice(List.of(text));
    }

    /** A control token of the vocabulary, by its spelling; where the vocabulary has none, nothing. */
    public static Grammar special(String spelling) {
        return new Grammar(new Node.Special(spelling));
    }

    /** One after the other. */
    public static Grammar sequence(Grammar... parts) {
        List<Node> nodes = new ArrayList<>();
        for (Grammar part : parts) {
            nodes.add(part.root);
        }
        return new Grammar(new Node.Sequence(nodes));
    }

    /** Any of these. */
    public static Grammar anyOf(Collection<Grammar> options) {
        if (options.isEmpty()) {
            throw new GrammarException(GrammarException.Reason.UNSATISFIABLE, "", "", "a choice of nothing");
        }
        return new Grammar(new Node.Choice(options.stream().map(o -> o.root).toList()));
    }

    /** From {@code min} to {@code max} times in a row; {@link Integer#MAX_VALUE} is no bound. */
    public Grammar repeated(int min, int max) {
        if (min < 0 || max < min) {
            throw new IllegalArgumentException("cannot repeat " + min + " to " + max + " times");
        }
        return new Grammar(new RepeatNode(root, min, max));
    }

    /** Any text up to and with the first occurrence of a marker. */
    public static Grammar textUntil(String marker) {
        RxPool pool = new RxPool(new Budget(Budget.DEFAULT));
        Rx text = Utf8.text(pool);
        Rx end = pool.concat(text, literal(pool, marker));
        Rx beyond = pool.concat(end, pool.concat(pool.set(ByteSet.ALL), pool.any));
        return new Grammar(word(pool.dfa(pool.and(List.of(end, pool.not(beyond))))));
    }

    /** Any text without one of these strings in it, possibly none. */
    public static Grammar textWithout(Collection<String> strings) {
        RxPool pool = new RxPool(new Budget(Budget.DEFAULT));
        Rx text = Utf8.text(pool);
        List<Rx> found = new ArrayList<>();
        for (String s : strings) {
            found.add(pool.concat(pool.any, pool.concat(literal(pool, s), pool.any)));
        }
        return new Grammar(word(pool.dfa(pool.and(List.of(text, pool.not(pool.alt(found)))))));
    }

    private static Rx literal(RxPool pool, String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("a marker is empty");
        }
        Texts.checkScalar(text);
        return pool.literal(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Node word(Dfa dfa) {
        if (dfa.isEmpty()) {
            throw new GrammarException(GrammarException.Reason.UNSATISFIABLE, "", "", "nothing matches");
        }
        return new Node.Word(dfa);
    }

    /**
     * Binds the grammar to a vocabulary. Cheap; masks are worked out when first asked for.
     *
     * @throws GrammarException UNSATISFIABLE when the vocabulary lacks a control token of the grammar
     */
    public CompiledGrammar compile(TokenIndex index) {
        return new CompiledGrammar(root, index);
    }
}
