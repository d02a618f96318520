package dev.martlet.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A program of this machine that is run to its end; it ends with this process, whatever ends that. */
final class Tool {
    private Tool() {}

    /**
     * Runs a command in a folder.
     *
     * @param environment variables beside this process's own
     * @param lines told each line of standard output and standard error
     * @throws MissingException if there is no such program
     * @throws IOException if it fails, with the last line it wrote
     */
    static void run(List<String> command, Path folder, Map<String, String> environment, Consumer<String> lines)
            throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new MissingException(command.getFirst() + " could not be started", e);
        }
        Thread reaper = new Thread(() -> end(process));
        Runtime.getRuntime().addShutdownHook(reaper);
        try {
            process.getOutputStream().close();
            String last = follow(process, lines);
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException(
                        last + " (exit code " + code + " of the command: " + String.join(" ", command) + ")");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted: " + command.getFirst()).initCause(e);
        } finally {
            end(process);
            forget(reaper);
        }
    }

    private static String follow(Process process, Consumer<String> lines) throws IOException {
        String last = "it wrote nothing";
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.accept(line);
                last = line.isBlank() ? last : line.strip();
            }
        }
        return last;
    }

    private static void end(Process process) {
        if (process.isAlive()) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }

    private static void forget(Thread reaper) {
        try {
            Runtime.getRuntime().removeShutdownHook(reaper);
        } catch (IllegalStateException e) {
            return; // this process is ending, and the hook runs or has run
        }
    }

    /** A program is not on this machine. */
    static final class MissingException extends IOException {
        private static final long serialVersionUID = 1;

        MissingException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
