package dev.martlet.server;

import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A client that is not written in Java: a script that is told what to do a line at a time. */
final class ScriptClient implements MatrixClient {
    private final Process process;
    private final BufferedReader answers;

    ScriptClient(String script) {
        process = ClientScripts.start(script);
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    @Override
    public JsonObject run(MatrixCell cell, String base) {
        String task = Json.builders()
                .createObjectBuilder()
                .add("cell", cell.name().toLowerCase(Locale.ROOT))
                .add("base", base)
                .add("question", cell.question)
                .add("tokens", cell.tokens)
                .build()
                .toString();
        try {
            process.getOutputStream().write((task + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String seen = CompletableFuture.supplyAsync(this::line)
                .orTimeout(120, TimeUnit.SECONDS)
                .join();
        return Json.object(seen.getBytes(StandardCharsets.UTF_8));
    }

    private String line() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new AssertionError("the client ended; see app/target/client-scripts/*.stderr");
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
