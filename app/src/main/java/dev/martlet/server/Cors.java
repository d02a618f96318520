package dev.martlet.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.List;
import java.util.Optional;

/** Lets the pages of some origins call the server. Never with credentials: keys go in a header, not in a cookie. */
final class Cors implements Filter {
    private final List<String> origins;

    /** @param origins exact origins, or {@code *} for any */
    Cors(List<String> origins) {
        this.origins = List.copyOf(origins);
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Optional<String> origin = request.headers().first(HeaderNames.ORIGIN).filter(this::allowed);
        if (origin.isEmpty()) {
            chain.proceed();
            return;
        }
        boolean any = origins.contains("*");
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, any ? "*" : origin.get());
        if (!any) {
            response.header(HeaderNames.VARY, "Origin");
        }
        boolean preflight = request.prologue().method().equals(Method.OPTIONS)
                && request.headers().contains(HeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
        if (!preflight) {
            response.header(
                    HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS,
                    "x-request-id, retry-after, retry-after-ms, " + IgnoredFields.HEADER);
            chain.proceed();
            return;
        }
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS");
        request.headers()
                .first(HeaderNames.ACCESS_CONTROL_REQUEST_HEADERS)
                .filter(names -> names.matches("[A-Za-z0-9_, -]{1,2048}"))
                .ifPresent(names -> response.header(HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, names));
        response.header(HeaderNames.ACCESS_CONTROL_MAX_AGE, "3600");
        response.status(Status.NO_CONTENT_204);
        response.send();
    }

    private boolean allowed(String origin) {
        return origins.contains("*") || origins.contains(origin);
    }
}
