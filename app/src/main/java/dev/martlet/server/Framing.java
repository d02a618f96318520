package dev.martlet.server;

import dev.martlet.openai.ApiError;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Where a request ends and whether another follows. A request whose end is in doubt is refused, since a proxy may have
 * seen another end (RFC 9112, 6.3); a connection is closed where either side has said so, which Helidon leaves to the
 * client.
 */
final class Framing implements Filter {
    private final BooleanSupplier stopping;

    /** @param stopping whether no request may follow on any connection */
    Framing(BooleanSupplier stopping) {
        this.stopping = stopping;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Optional<ApiError> fault = fault(request);
        if (fault.isPresent() || saysClose(request.headers())) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        if (fault.isPresent()) {
            refuse(request, response, fault.get());
        } else {
            chain.proceed();
        }
        // Helidon's own stop misses connections whose first bytes have not come when it begins.
        if (response.headers().contains(HeaderValues.CONNECTION_CLOSE) || stopping.getAsBoolean()) {
            response.commit();
            throw new CloseConnectionException("no request follows");
        }
    }

    private static void refuse(RoutingRequest request, RoutingResponse response, ApiError fault) {
        try {
            ApiErrors.send(request, response, fault);
        } catch (UncheckedIOException e) {
            throw new CloseConnectionException("the client has gone", e);
        }
    }

    private static boolean saysClose(ServerRequestHeaders headers) {
        return values(headers, HeaderNames.CONNECTION).stream().anyMatch("close"::equalsIgnoreCase);
    }

    private static Optional<ApiError> fault(ServerRequest request) {
        ServerRequestHeaders headers = request.headers();
        List<String> encodings = values(headers, HeaderNames.TRANSFER_ENCODING);
        List<String> lengths = values(headers, HeaderNames.CONTENT_LENGTH);
        if (!encodings.isEmpty() && (!lengths.isEmpty() || !isChunked(encodings))) {
            return refused("'Transfer-Encoding' may be 'chunked' alone, and not beside 'Content-Length'.");
        }
        if (lengths.size() > 1 || !lengths.stream().allMatch(length -> length.matches("[0-9]{1,18}"))) {
            return refused("'Content-Length' is not one number.");
        }
        if (request.prologue().method().equals(Method.CONNECT)) {
            return Optional.of(ApiError.http(405, "method_not_allowed", "This is no proxy."));
        }
        return Optional.empty();
    }

    private static Optional<ApiError> refused(String message) {
        return Optional.of(ApiError.http(400, "bad_request", "The request is not valid HTTP: " + message));
    }

    private static boolean isChunked(List<String> encodings) {
        return encodings.size() == 1 && encodings.getFirst().equalsIgnoreCase("chunked");
    }

    /** What a header lists, over all of its lines. */
    private static List<String> values(ServerRequestHeaders headers, HeaderName name) {
        return headers.contains(name)
                ? headers.get(name).allValues().stream()
                        .flatMap(line -> Arrays.stream(line.split(",", -1)))
                        .map(String::strip)
                        .toList()
                : List.of();
    }
}
