package dev.martlet.cli;

import dev.martlet.engine.EngineOptions;
import dev.martlet.memory.ModelShape;
import dev.martlet.model.Device;
import dev.martlet.model.Machine;
import dev.martlet.nativelib.NativeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code martlet models}: the models on this machine. */
@Command(name = "models", description = "List the models on this machine, fetch one, or tell what one takes.")
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

    @Command(name = "show", description = "Tell what serving a model's file takes in memory, without loading it.")
    int show(
            @Parameters(paramLabel = "FILE", description = "A GGUF file.") Path file,
            @Option(
                            names = "--ctx-size",
                            paramLabel = "TOKENS",
                            description = "Room of the KV cache (default: what serve chooses where memory is plenty).")
                    Optional<Integer> contextTokens) {
        try {
            ModelShape model = ModelShape.read(file);
            EngineOptions options = contextTokens.isPresent()
                    ? EngineOptions.defaults().withContextTokens(contextTokens.get())
                    : EngineOptions.defaults();
            ModelEstimate.lines(model, options.contextShape(model), Machine.current(), Device.list())
                    .forEach(System.out::println);
            return 0;
        } catch (NativeException | IllegalArgumentException e) {
            throw new CommandFailure(e.getMessage(), e);
        }
    }

    private static long megabytes(Path file) {
        try {
            return Files.size(file) / 1_000_000;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
