package dev.martlet.cli;

import dev.martlet.server.RequestLog;
import dev.martlet.server.ServerConfig;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of {@code serve} that are about HTTP. */
final class HttpSettings {
    private static final int MEGABYTE = 1_000_000;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on (default: 127.0.0.1).")
    private Optional<String> host = Optional.empty();

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port to listen on; 0 takes a free one (default: 8080).")
    private Optional<Integer> port = Optional.empty();

    @Option(names = "--max-body", paramLabel = "MB", description = "Longest request body in megabytes (default: 32).")
    private Optional<Integer> maxBody = Optional.empty();

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            description = "How long running answers may go on after SIGTERM, in seconds (default: 25).")
    private Optional<Integer> grace = Optional.empty();

    @Option(
            names = "--read-timeout",
            paramLabel = "SECONDS",
            description = "How long headers may take to come, and a body beside a second for 16 kB (default: 30).")
    private Optional<Integer> readTimeout = Optional.empty();

    @Option(
            names = "--write-timeout",
            paramLabel = "SECONDS",
            description = "How long a client may not read before it is cut off (default: 30).")
    private Optional<Integer> writeTimeout = Optional.empty();

    @Option(
            names = "--default-max-tokens",
            paramLabel = "N",
            description = "Output limit of requests that name none (default: what the context allows).")
    private Optional<Integer> defaultMaxTokens = Optional.empty();

    @Option(
            names = "--strict-model",
            description = "Refuse requests for a model of another name (default: any name will do).")
    private boolean strictModel;

    @Option(
            names = "--cors-origin",
            paramLabel = "ORIGIN",
            split = ",",
            hideParamSyntax = true,
            description = "An origin whose pages may call the server; repeatable, * for any (default: none).")
    private List<String> corsOrigins = List.of();

    @Option(
            names = "--request-log",
            paramLabel = "FILE",
            description = "A JSON line for each request goes there; - is standard error (default: none).")
    private Optional<String> requestLog = Optional.empty();

    @Option(names = "--log-prompts", description = "Put the text of prompts into that log (default: no text).")
    private boolean logPrompts;

    private RequestLog log() {
        return requestLog
                .map(file -> RequestLog.to(file.equals("-") ? System.err : open(file), logPrompts))
                .orElse(RequestLog.none());
    }

    private static PrintStream open(String file) {
        try {
            return new PrintStream(new FileOutputStream(file, true), false, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new CommandFailure("--request-log: cannot write to " + file + ": " + e.getMessage(), e);
        }
    }

    /** @throws CommandFailure naming the flag that is out of range */
    ServerConfig toConfig() {
        try {
            ServerConfig config = ServerConfig.defaults()
                    .withStrictModel(strictModel)
                    .withCorsOrigins(corsOrigins)
                    .withRequestLog(log());
            if (host.isPresent()) {
                config = config.withHost(host.get());
            }
            if (port.isPresent()) {
                config = config.withPort(port.get());
            }
            if (maxBody.isPresent()) {
                config = config.withMaxBodyBytes(Math.multiplyExact(maxBody.get(), MEGABYTE));
            }
            if (grace.isPresent()) {
                config = config.withGrace(Duration.ofSeconds(grace.get()));
            }
            if (readTimeout.isPresent()) {
                config = config.withReadTimeout(Duration.ofSeconds(readTimeout.get()));
            }
            if (writeTimeout.isPresent()) {
                config = config.withWriteTimeout(Duration.ofSeconds(writeTimeout.get()));
            }
            if (defaultMaxTokens.isPresent()) {
                config = config.withDefaultMaxTokens(defaultMaxTokens.get());
            }
            return config;
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new CommandFailure("a setting is out of range: " + e.getMessage(), e);
        }
    }
}
