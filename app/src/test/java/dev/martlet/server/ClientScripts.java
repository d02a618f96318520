package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The scripts of {@code src/test/clients}: real clients, each in a process of its own. Their packages are fetched once. */
final class ClientScripts {
    private static final Path SOURCES = Path.of("src", "test", "clients");
    private static final Path SCRIPTS = Path.of("target", "client-scripts");

    /** Guarded by the class. */
    private static Optional<Path> packages = Optional.empty();

    private ClientScripts() {}

    /** Runs a script and gives what it printed. */
    static String run(String script, String... arguments) {
        return finish(script, start(script, arguments));
    }

    /** Starts a script, {@code .py} or {@code .mjs}. */
    static Process start(String script, String... arguments) {
        Path home = packages();
        List<String> command = new ArrayList<>(List.of(script.endsWith(".py") ? "python3" : "node", script));
        command.addAll(List.of(arguments));
        ProcessBuilder process = new ProcessBuilder(command).directory(SCRIPTS.toFile());
        process.environment().put("PYTHONPATH", home.resolve("python").toString());
        return start(script, process);
    }

    /** The folder with {@code node_modules} and {@code python}, which are fetched if they are not there. */
    static synchronized Path packages() {
        if (packages.isEmpty()) {
            packages = Optional.of(prepare());
        }
        return packages.orElseThrow();
    }

    private static Path prepare() {
        try {
            Files.createDirectories(SCRIPTS);
            try (Stream<Path> files = Files.list(SOURCES)) {
                for (Path file : files.toList()) {
                    Files.copy(file, SCRIPTS.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            String fetch = "fetch.sh";
            ProcessBuilder process = new ProcessBuilder("sh", fetch).directory(SCRIPTS.toFile());
            Path home = Path.of(finish(fetch, start(fetch, process)).strip());
            Path modules = SCRIPTS.resolve("node_modules");
            Files.deleteIfExists(modules);
            Files.createSymbolicLink(modules, home.resolve("node_modules"));
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path errors(String script) {
        return SCRIPTS.resolve(script + ".stderr");
    }

    private static Process start(String script, ProcessBuilder process) {
        try {
            return process.redirectError(errors(script).toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String finish(String script, Process process) {
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                throw new AssertionError(script + " did not end");
            }
            assertThat(process.exitValue())
                    .as("%s: %s%s", script, output, Files.readString(errors(script)))
                    .isZero();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } finally {
            process.destroyForcibly();
        }
    }
}
