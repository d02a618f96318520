package dev.martlet.cli;

import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.GrammarException;
import dev.martlet.grammar.GrammarMatcher;
import dev.martlet.grammar.JsonSchemaOptions;
import dev.martlet.grammar.TokenIndex;
import dev.martlet.model.Model;
import dev.martlet.model.ModelOptions;
import dev.martlet.model.Tokenizer;
import dev.martlet.model.Vocabulary;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compiles a JSON Schema as the server does, and checks documents against it token by token. */
@Command(
        name = "grammar",
        mixinStandardHelpOptions = true,
        description = {
            "Compiles a JSON Schema as response_format does: tells whether it can be enforced, and if not, where and why.",
            "With --check, each line of standard input is a JSON document; 'accept' or 'reject' comes out for it.",
            "Exit code 0: compiled, and all documents accepted."
        })
public final class GrammarCommand implements Callable<Integer> {

    @Option(names = "--schema", required = true, paramLabel = "FILE", description = "The schema.")
    private Path schema;

    @Option(
            names = "--tokenizer",
            paramLabel = "GGUF",
            description = "Take this model's tokens and tell how long masks take (default: bytes).")
    private Optional<Path> tokenizer = Optional.empty();

    @Option(names = "--check", description = "Check the documents on standard input, one a line.")
    private boolean check;

    @Option(
            names = "--strict-layout",
            description = "No white space and members in the schema's order, as the server answers.")
    private boolean strictLayout;

    private final InputStream in;
    private final PrintStream out;

    public GrammarCommand() {
        this(System.in, System.out);
    }

    /** A command on streams other than the process's; text is UTF-8. */
    GrammarCommand(InputStream in, PrintStream out) {
        this.in = in;
        this.out = new PrintStream(out, true, StandardCharsets.UTF_8);
    }

    /** How texts become tokens. */
    private record Tokens(Vocabulary vocabulary, Tokenizer tokenizer) {}

    @Override
    public Integer call() throws IOException {
        if (tokenizer.isEmpty()) {
            return run(bytes());
        }
        if (!Files.isReadable(tokenizer.get())) {
            throw new CommandFailure("no such model file: " + tokenizer.get());
        }
        try (Model model = Model.open(
                tokenizer.get(), ModelOptions.defaults().withGpuLayers(0).withVocabularyOnly(true))) {
            return run(new Tokens(model.vocabulary(), model.tokenizer()));
        }
    }

    /** One token for each byte, and one that ends. */
    private static Tokens bytes() {
        int[] offsets = new int[258];
        byte[] bytes = new byte[256];
        int[] flags = new int[257];
        for (int b = 0; b < 256; b++) {
            bytes[b] = (byte) b;
            offsets[b + 1] = b + 1;
        }
        offsets[257] = 256;
        flags[256] = 3;
        return new Tokens(new Vocabulary(offsets, bytes, flags), (text, special, parse) -> {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            int[] tokens = new int[utf8.length];
            Arrays.setAll(tokens, i -> utf8[i] & 0xff);
            return tokens;
        });
    }

    private int run(Tokens tokens) throws IOException {
        String text = read();
        TokenIndex index = new TokenIndex(tokens.vocabulary());
        CompiledGrammar grammar;
        long start = System.nanoTime();
        try {
            grammar = Grammar.ofJsonSchema(text, new JsonSchemaOptions(strictLayout, strictLayout))
                    .compile(index);
        } catch (GrammarException e) {
            out.println("refused: " + e.reason() + ": " + e.getMessage());
            return 1;
        }
        out.printf(Locale.ROOT, "compiled in %.1f ms%n", (System.nanoTime() - start) / 1e6);
        if (!check) {
            return 0;
        }
        boolean all = true;
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            all &= check(line, grammar.matcher(), tokens, new long[index.words()]);
        }
        return all ? 0 : 1;
    }

    private String read() throws IOException {
        if (!Files.isReadable(schema)) {
            throw new CommandFailure("no such schema file: " + schema);
        }
        return Files.readString(schema);
    }

    private boolean check(String line, GrammarMatcher matcher, Tokens tokens, long[] mask) {
        int[] ids = tokens.tokenizer().encode(line, false, false);
        long[] nanos = new long[ids.length];
        int accepted = 0;
        int bytes = 0;
        while (accepted < ids.length) {
            long start = System.nanoTime();
            matcher.mask(mask);
            nanos[accepted] = System.nanoTime() - start;
            if (!matcher.accept(ids[accepted])) {
                break;
            }
            bytes += tokens.vocabulary().length(ids[accepted++]);
        }
        boolean ended = accepted == ids.length && matcher.mayEnd();
        String verdict =
                ended ? "accept" : accepted == ids.length ? "reject: it is not whole" : "reject at byte " + bytes;
        out.println(verdict + (tokenizer.isPresent() ? times(Arrays.copyOf(nanos, accepted)) : ""));
        return ended;
    }

    private static String times(long[] nanos) {
        if (nanos.length == 0) {
            return "";
        }
        long most = Arrays.stream(nanos).max().orElse(0);
        double mean = Arrays.stream(nanos).average().orElse(0);
        return String.format(
                Locale.ROOT, "  %d masks, mean %.1f us, longest %.1f us", nanos.length, mean / 1e3, most / 1e3);
    }
}
