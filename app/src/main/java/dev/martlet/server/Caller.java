package dev.martlet.server;

import dev.martlet.engine.GenerationRequest;
import dev.martlet.openai.ApiError;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;

/**
 * Who sends a request, and how long it may take.
 *
 * @param tenant the first digits of the SHA-256 of the caller's key, in hexadecimal; empty without a key
 * @param timeout from submission to the end of the answer
 */
record Caller(String tenant, Optional<Duration> timeout) {
    static final HeaderName TIMEOUT = HeaderNames.create("x-request-timeout-ms");
    private static final HeaderName KEY = HeaderNames.create("x-api-key");

    /** Enough to tell tenants apart, too little to find a key by. */
    private static final int DIGITS = 12;

    private static final int LONGEST_TIMEOUT = 86_400_000;

    Caller {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(timeout, "timeout");
    }

    /**
     * Reads {@code Authorization: Bearer} or {@code x-api-key}, and {@code x-request-timeout-ms}. No key is checked.
     *
     * @throws dev.martlet.openai.ApiException with status 400 if the timeout is no number of milliseconds, 1 to a day
     */
    static Caller of(ServerRequestHeaders headers) {
        Optional<String> key = headers.first(HeaderNames.AUTHORIZATION)
                .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, 7))
                .map(value -> value.substring(7).strip())
                .or(() -> headers.first(KEY))
                .filter(value -> !value.isEmpty());
        return new Caller(
                key.map(Caller::digest).orElse(""), headers.first(TIMEOUT).map(Caller::timeout));
    }

    private static String digest(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, DIGITS / 2);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static Duration timeout(String value) {
        String digits = value.strip();
        if (!digits.matches("[0-9]{1,8}")
                || Integer.parseInt(digits) < 1
                || Integer.parseInt(digits) > LONGEST_TIMEOUT) {
            throw ApiError.invalid(
                            TIMEOUT.defaultCase(),
                            "invalid_value",
                            "Invalid value for the header '" + TIMEOUT.defaultCase()
                                    + "': expected milliseconds from 1 to " + LONGEST_TIMEOUT + ".")
                    .toException();
        }
        return Duration.ofMillis(Integer.parseInt(digits));
    }

    /** The request as this caller's. */
    GenerationRequest claim(GenerationRequest request) {
        GenerationRequest claimed = request.withTenant(tenant);
        return timeout.map(claimed::withDeadline).orElse(claimed);
    }
}
