package dev.martlet.server;

import dev.martlet.access.ApiKey;
import dev.martlet.access.KeyHash;
import dev.martlet.access.KeyLimits;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.openai.ApiError;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.http.ServerRequest;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Who sends a request, and how long it may take.
 *
 * @param tenant the name of the caller's key, where keys are needed; else the first digits of the SHA-256 of whatever key
 *     the request has, in hexadecimal; empty without a key
 * @param timeout from submission to the end of the answer
 * @param limits what the caller may take
 */
record Caller(String tenant, Optional<Duration> timeout, KeyLimits limits) {
    static final HeaderName TIMEOUT = HeaderNames.create("x-request-timeout-ms");

    private static final int LONGEST_TIMEOUT = 86_400_000;

    Caller {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(timeout, "timeout");
        Objects.requireNonNull(limits, "limits");
    }

    /**
     * Who sends this request: whom {@link KeyGuard} let in, or whom the headers tell.
     *
     * @throws dev.martlet.openai.ApiException with status 400 if the timeout is no number of milliseconds, 1 to a day
     */
    static Caller of(ServerRequest request) {
        return of(request.context().get(ApiKey.class), request.headers());
    }

    /** @param checked the key that let the request in, where one is needed */
    static Caller of(Optional<ApiKey> checked, ServerRequestHeaders headers) {
        String tenant = checked.map(ApiKey::name)
                .or(() -> KeyGuard.presented(headers).stream()
                        .findFirst()
                        .map(key -> KeyHash.of(key).shown()))
                .orElse("");
        return new Caller(
                tenant,
                headers.first(TIMEOUT).map(Caller::timeout),
                checked.map(ApiKey::limits).orElse(KeyLimits.NONE));
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

    /** Whether a request asks for more urgency than the caller may have; 0 is what those have that do not ask. */
    boolean isTooUrgent(GenerationRequest request) {
        return request.priority() != 0
                && request.priority() < limits.priority().orElse(GenerationRequest.LEAST_PRIORITY);
    }

    /**
     * The request as this caller's.
     *
     * @param queue most requests that may wait of a caller without a bound of its own
     */
    GenerationRequest claim(GenerationRequest request, int queue) {
        GenerationRequest claimed = request.withTenant(tenant)
                .withTenantQueue(limits.waiting().orElse(queue))
                .withPriority(Math.max(request.priority(), limits.priority().orElse(GenerationRequest.LEAST_PRIORITY)));
        return timeout.map(claimed::withDeadline).orElse(claimed);
    }
}
