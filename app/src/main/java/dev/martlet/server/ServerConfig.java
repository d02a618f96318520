package dev.martlet.server;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * How the server is set up.
 *
 * @param host the address to listen on
 * @param port the port, 0 for any free one
 * @param maxBodyBytes longest request body, at least 1,024
 * @param grace how long running answers may go on once the server is told to stop, at most 10 minutes
 * @param keepAlive how long a stream may be silent before a comment is sent
 * @param writeTimeout how long a client may take to read what is sent before it is cut off
 * @param defaultMaxTokens output limit of requests that name none; empty means what the context allows
 * @param strictModel whether a request for another model than the loaded one is an error
 * @param corsOrigins origins whose pages may call the server; {@code *} for any
 */
public record ServerConfig(
        String host,
        int port,
        int maxBodyBytes,
        Duration grace,
        Duration keepAlive,
        Duration writeTimeout,
        OptionalInt defaultMaxTokens,
        boolean strictModel,
        List<String> corsOrigins) {

    public ServerConfig {
        check(!host.isBlank(), "host is empty");
        check(port >= 0 && port <= 65_535, "port is " + port + ", must be 0 to 65535");
        check(maxBodyBytes >= 1024, "maxBodyBytes is " + maxBodyBytes + ", must be at least 1024");
        check(
                !grace.isNegative() && grace.compareTo(Duration.ofMinutes(10)) <= 0,
                "grace is " + grace + ", must be 0 to 10 minutes");
        check(keepAlive.toMillis() >= 1, "keepAlive is " + keepAlive + ", must be at least 1 ms");
        check(writeTimeout.toMillis() >= 1, "writeTimeout is " + writeTimeout + ", must be at least 1 ms");
        Objects.requireNonNull(defaultMaxTokens, "defaultMaxTokens");
        check(
                defaultMaxTokens.orElse(1) >= 1,
                "defaultMaxTokens is " + defaultMaxTokens.orElse(1) + ", must be at least 1");
        corsOrigins = List.copyOf(corsOrigins);
    }

    /** Port 8080 of this machine alone, bodies to 32 MB, 25 s of grace, comments every 10 s, no CORS. */
    public static ServerConfig defaults() {
        return new ServerConfig(
                "127.0.0.1",
                8080,
                32_000_000,
                Duration.ofSeconds(25),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                OptionalInt.empty(),
                false,
                List.of());
    }

    public ServerConfig withHost(String value) {
        return new ServerConfig(
                value, port, maxBodyBytes, grace, keepAlive, writeTimeout, defaultMaxTokens, strictModel, corsOrigins);
    }

    public ServerConfig withPort(int value) {
        return new ServerConfig(
                host, value, maxBodyBytes, grace, keepAlive, writeTimeout, defaultMaxTokens, strictModel, corsOrigins);
    }

    public ServerConfig withMaxBodyBytes(int value) {
        return new ServerConfig(
                host, port, value, grace, keepAlive, writeTimeout, defaultMaxTokens, strictModel, corsOrigins);
    }

    public ServerConfig withGrace(Duration value) {
        return new ServerConfig(
                host, port, maxBodyBytes, value, keepAlive, writeTimeout, defaultMaxTokens, strictModel, corsOrigins);
    }

    public ServerConfig withKeepAlive(Duration value) {
        return new ServerConfig(
                host, port, maxBodyBytes, grace, value, writeTimeout, defaultMaxTokens, strictModel, corsOrigins);
    }

    public ServerConfig withWriteTimeout(Duration value) {
        return new ServerConfig(
                host, port, maxBodyBytes, grace, keepAlive, value, defaultMaxTokens, strictModel, corsOrigins);
    }

    public ServerConfig withDefaultMaxTokens(int value) {
        return new ServerConfig(
                host,
                port,
                maxBodyBytes,
                grace,
                keepAlive,
                writeTimeout,
                OptionalInt.of(value),
                strictModel,
                corsOrigins);
    }

    public ServerConfig withStrictModel(boolean value) {
        return new ServerConfig(
                host, port, maxBodyBytes, grace, keepAlive, writeTimeout, defaultMaxTokens, value, corsOrigins);
    }

    public ServerConfig withCorsOrigins(List<String> value) {
        return new ServerConfig(
                host, port, maxBodyBytes, grace, keepAlive, writeTimeout, defaultMaxTokens, strictModel, value);
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
