package dev.martlet.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code martlet models}: the models on this machine. */
@Command(name = "models", description = "List the models on this machine or fetch one.")
final class ModelsCommand {
    private final ModelStore store = ModelStore.ofUser();

    @Command(name = "list", description = "List the models: size in MB and file.")
    int list() {
        for (Path file : store.list()) {
            System.out.printf("%6d  %s%n", megabytes(file), file);
        }
        return 0;
    }

    @Command(name = "pull", description = "Fetch a model, if it is not there, and print its file.")
    int pull(@Parameters(paramLabel = "SPEC", description = "Only 'default' so far.") String spec) {
        if (!spec.equals("default")) {
            throw new CommandFailure("models pull knows only 'default' so far; serve any GGUF file with --model FILE");
        }
        System.out.println(store.defaultModel());
        return 0;
    }

    private static long megabytes(Path file) {
        try {
            return Files.size(file) / 1_000_000;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
