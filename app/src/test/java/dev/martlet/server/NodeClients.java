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
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The npm clients of {@code src/test/clients}, installed once, each run in a process of its own. */
final class NodeClients {
    private static final Path SOURCES = Path.of("src", "test", "clients");
    private static final Path CLIENTS = Path.of("target", "clients");

    private static boolean installed;

    private NodeClients() {}

    /** Runs a script and gives what it printed. */
    static synchronized String run(String script, String... arguments) {
        try {
            if (!installed) {
                install();
                installed = true;
            }
            List<String> command = new ArrayList<>(List.of("node", script));
            command.addAll(List.of(arguments));
            return execute(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static void install() throws IOException, InterruptedException {
        Files.createDirectories(CLIENTS);
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.toList()) {
                Files.copy(file, CLIENTS.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        execute(List.of("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"));
    }

    private static String execute(List<String> command) throws IOException, InterruptedException {
        Path errors = CLIENTS.resolve("stderr.log");
        Process process = new ProcessBuilder(command)
                .directory(CLIENTS.toFile())
                .redirectError(errors.toFile())
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " did not end");
        }
        assertThat(process.exitValue())
                .as("%s: %s%s", String.join(" ", command), output, Files.readString(errors))
                .isZero();
        return output;
    }
}
