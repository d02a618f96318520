package dev.martlet.bench.serving;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server that was started for a run, and is ended with it, by its process id alone. Close from any thread. */
final class ServerProcess implements AutoCloseable {
    private static final long POLL_MILLIS = 50;
    private static final long GRACE_SECONDS = 10;
    private static final int LOG_LINES = 15;

    private final Process process;
    private final Thread atExit;
    private final Client client;

    private ServerProcess(Process process, int port) {
        this.process = process;
        this.client = new Client(port);
        this.atExit = new Thread(process::destroyForcibly, "end-server");
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Starts a server and waits until its {@code /health} is good.
     *
     * @param command with the port in it
     * @param log where its output goes
     * @throws ServingException if it ends or is not ready in time, with the end of its log
     */
    static ServerProcess start(List<String> command, int port, Path log, Duration limit) throws InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new ServingException("cannot start " + command.getFirst() + ": " + e.getMessage(), e);
        }
        ServerProcess server = new ServerProcess(process, port);
        try {
            server.awaitReady(log, System.nanoTime() + limit.toNanos());
        } catch (ServingException | InterruptedException e) {
            server.close();
            throw e;
        }
        return server;
    }

    /** A port that nobody listens on just now. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new ServingException("no free port: " + e.getMessage(), e);
        }
    }

    Client client() {
        return client;
    }

    long pid() {
        return process.pid();
    }

    /** Asks the process to end, waits for it, and ends it by force where that takes too long. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            return; // this program is ending itself: the hook has run or will
        }
    }

    /** Ends the process at once; who is connected sees the connection end. */
    void kill() {
        process.destroyForcibly();
    }

    private void awaitReady(Path log, long deadline) throws InterruptedException {
        while (!client.ready()) {
            if (!process.isAlive()) {
                throw new ServingException("the server ended with status " + process.exitValue() + tail(log));
            }
            if (System.nanoTime() > deadline) {
                throw new ServingException("the server was not ready in time" + tail(log));
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private static String tail(Path log) {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
            return "; the end of " + log + ":\n"
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
        } catch (IOException e) {
            return "; its log " + log + " cannot be read: " + e.getMessage();
        }
    }
}
