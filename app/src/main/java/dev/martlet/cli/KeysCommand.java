package dev.martlet.cli;

import dev.martlet.access.KeyHash;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;

/** {@code martlet keys}: API keys and what a key file holds of them. */
@Command(
        name = "keys",
        mixinStandardHelpOptions = true,
        description = "Make an API key, or hash one, for the file of serve --api-key-file.")
public final class KeysCommand {
    private final InputStream in;
    private final PrintStream out;

    public KeysCommand() {
        this(System.in, System.out);
    }

    KeysCommand(InputStream in, PrintStream out) {
        this.in = in;
        this.out = out;
    }

    @Command(name = "new", description = "Print a new key, and below it its line for the file.")
    int make() {
        String key = KeyHash.newKey();
        out.println(key);
        out.println(KeyHash.of(key).written());
        return 0;
    }

    @Command(name = "hash", description = "Read a key from standard input and print its line for the file.")
    int hash() {
        String key = readLine().strip();
        if (key.isEmpty()) {
            throw new CommandFailure("keys hash reads the key from standard input, and there was none");
        }
        if (key.chars().anyMatch(Character::isWhitespace)) {
            throw new CommandFailure("a key must not have white space in it");
        }
        out.println(KeyHash.of(key).written());
        return 0;
    }

    private String readLine() {
        try {
            String line = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).readLine();
            return line == null ? "" : line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
