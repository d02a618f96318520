package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Martlet's command line in a process of its own, with what it writes. Closing it ends it. */
final class MartletProcess implements AutoCloseable {
    private static final int SECONDS = 120;

    private final Process process;
    private final Path errors;

    private MartletProcess(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
    }

    /**
     * @param folder for what it writes to standard error
     * @param environment added to this process's
     * @param options of the JVM
     */
    static MartletProcess start(
            Path folder, Map<String, String> environment, List<String> options, List<String> command) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
        line.addAll(options);
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.martlet.cli.Main"));
        line.addAll(command);
        Path errors = folder.resolve("stderr");
        ProcessBuilder builder = new ProcessBuilder(line).redirectError(errors.toFile());
        builder.environment().putAll(environment);
        try {
            return new MartletProcess(builder.start(), errors);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for its end. */
    int exitCode() {
        try {
            assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as("ended").isTrue();
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** All of its standard output; waits for its end. */
    String output() {
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for the first line of its standard output; empty where it ended without one. */
    String firstLine() {
        try {
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            String line = out.readLine();
            return line == null ? "" : line;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** What it has written to standard error so far. */
    String errors() {
        try {
            return Files.readString(errors);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
