package dev.martlet.server;

import dev.martlet.openai.Ids;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.regex.Pattern;

/** Gives every response an {@code x-request-id}: the client's own if it is harmless, else a new one. */
final class RequestIds implements Filter {
    static final HeaderName HEADER = HeaderNames.create("x-request-id");
    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String id = request.headers()
                .first(HEADER)
                .filter(given -> HARMLESS.matcher(given).matches())
                .orElseGet(Ids::request);
        response.header(HEADER, id);
        chain.proceed();
    }
}
