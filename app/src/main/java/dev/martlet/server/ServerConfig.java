package dev.martlet.server;

import dev.martlet.access.Access;
import dev.martlet.access.TlsIdentity;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * How the server is set up.
 *
 * @param host the address to listen on
 * @param port the port, 0 for any free one
 * @param maxBodyBytes longest request body, at least 1,024
 * @param grace how long running answers may go on once the server is told to stop, at most 10 minutes
 * @param keepAlive how long a stream may be silent before a comment is sent
 * @param readTimeout how long a client may take to send its headers, and then to begin with a body; a body gets more time
 *     for what has come of it, a second for 16 kB
 * @param writeTimeout how long a client may take to read what is sent before it is cut off
 * @param defaultMaxTokens output limit of requests that name none; empty means what the context allows
 * @param strictModel whether a request for another model than the loaded one is an error
 * @param corsOrigins origins whose pages may call the server; {@code *} for any
 * @param access who may use it
 * @param tls what it proves itself with, and encrypts all by; empty for plain HTTP
 * @param requestLog where each request is noted
 */
public record ServerConfig(
        String host,
        int port,
        int maxBodyBytes,
        Duration grace,
        Duration keepAlive,
        Duration readTimeout,
        Duration writeTimeout,
        OptionalInt defaultMaxTokens,
        boolean strictModel,
        List<String> corsOrigins,
        Access access,
        Optional<TlsIdentity> tls,
        RequestLog requestLog) {

    public ServerConfig {
        check(!host.isBlank(), "host is empty");
        check(port >= 0 && port <= 65_535, "port is " + port + ", must be 0 to 65535");
        check(maxBodyBytes >= 1024, "maxBodyBytes is " + maxBodyBytes + ", must be at least 1024");
        check(
                !grace.isNegative() && grace.compareTo(Duration.ofMinutes(10)) <= 0,
                "grace is " + grace + ", must be 0 to 10 minutes");
        check(keepAlive.toMillis() >= 1, "keepAlive is " + keepAlive + ", must be at least 1 ms");
        check(readTimeout.toMillis() >= 1, "readTimeout is " + readTimeout + ", must be at least 1 ms");
        check(writeTimeout.toMillis() >= 1, "writeTimeout is " + writeTimeout + ", must be at least 1 ms");
        Objects.requireNonNull(defaultMaxTokens, "defaultMaxTokens");
        check(
                defaultMaxTokens.orElse(1) >= 1,
                "defaultMaxTokens is " + defaultMaxTokens.orElse(1) + ", must be at least 1");
        corsOrigins = List.copyOf(corsOrigins);
        Objects.requireNonNull(access, "access");
        Objects.requireNonNull(tls, "tls");
        Objects.requireNonNull(requestLog, "requestLog");
    }

    /** Port 8080 of this machine alone, for everybody there; bodies to 32 MB, 25 s of grace, comments every 10 s, no CORS. */
    public static ServerConfig defaults() {
        return new Draft().toConfig();
    }

    /** The settings while one of them changes; each has its default at first. */
    private static final class Draft {
        private String host = "127.0.0.1";
        private int port = 8080;
        private int maxBodyBytes = 32_000_000;
        private Duration grace = Duration.ofSeconds(25);
        private Duration keepAlive = Duration.ofSeconds(10);
        private Duration readTimeout = Duration.ofSeconds(30);
        private Duration writeTimeout = Duration.ofSeconds(30);
        private OptionalInt defaultMaxTokens = OptionalInt.empty();
        private boolean strictModel;
        private List<String> corsOrigins = List.of();
        private Access access = Access.open();
        private Optional<TlsIdentity> tls = Optional.empty();
        private RequestLog requestLog = RequestLog.none();

        private ServerConfig toConfig() {
            return new ServerConfig(
                    host,
                    port,
                    maxBodyBytes,
                    grace,
                    keepAlive,
                    readTimeout,
                    writeTimeout,
                    defaultMaxTokens,
                    strictModel,
                    corsOrigins,
                    access,
                    tls,
                    requestLog);
        }
    }

    private ServerConfig with(Consumer<Draft> change) {
        Draft draft = new Draft();
        draft.host = host;
        draft.port = port;
        draft.maxBodyBytes = maxBodyBytes;
        draft.grace = grace;
        draft.keepAlive = keepAlive;
        draft.readTimeout = readTimeout;
        draft.writeTimeout = writeTimeout;
        draft.defaultMaxTokens = defaultMaxTokens;
        draft.strictModel = strictModel;
        draft.corsOrigins = corsOrigins;
        draft.access = access;
        draft.tls = tls;
        draft.requestLog = requestLog;
        change.accept(draft);
        return draft.toConfig();
    }

    public ServerConfig withHost(String value) {
        return with(draft -> draft.host = value);
    }

    public ServerConfig withPort(int value) {
        return with(draft -> draft.port = value);
    }

    public ServerConfig withMaxBodyBytes(int value) {
        return with(draft -> draft.maxBodyBytes = value);
    }

    public ServerConfig withGrace(Duration value) {
        return with(draft -> draft.grace = value);
    }

    public ServerConfig withKeepAlive(Duration value) {
        return with(draft -> draft.keepAlive = value);
    }

    public ServerConfig withReadTimeout(Duration value) {
        return with(draft -> draft.readTimeout = value);
    }

    public ServerConfig withWriteTimeout(Duration value) {
        return with(draft -> draft.writeTimeout = value);
    }

    public ServerConfig withDefaultMaxTokens(int value) {
        return with(draft -> draft.defaultMaxTokens = OptionalInt.of(value));
    }

    public ServerConfig withStrictModel(boolean value) {
        return with(draft -> draft.strictModel = value);
    }

    public ServerConfig withCorsOrigins(List<String> value) {
        return with(draft -> draft.corsOrigins = value);
    }

    public ServerConfig withAccess(Access value) {
        return with(draft -> draft.access = value);
    }

    public ServerConfig withTls(TlsIdentity value) {
        return with(draft -> draft.tls = Optional.of(value));
    }

    public ServerConfig withRequestLog(RequestLog value) {
        return with(draft -> draft.requestLog = value);
    }

    /** The scheme of the server's addresses. */
    public String scheme() {
        return tls.isPresent() ? "https" : "http";
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
