package dev.martlet.server;

import dev.martlet.access.ApiKey;
import dev.martlet.access.ApiKeys;
import dev.martlet.openai.ApiError;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Lets requests with a key pass, where keys are needed. It stands before handlers rather than before paths, so that no
 * other spelling of a path goes around it.
 */
final class KeyGuard {
    private static final HeaderName X_API_KEY = HeaderNames.create("x-api-key");
    private static final String BEARER = "Bearer ";

    private final ApiKeys keys;

    KeyGuard(ApiKeys keys) {
        this.keys = keys;
    }

    /** A handler for requests with a key alone; they carry it in their context. */
    Handler guard(Handler handler) {
        return (request, response) -> {
            if (!keys.areNeeded()) {
                handler.handle(request, response);
                return;
            }
            List<String> presented = presented(request.headers());
            Optional<ApiKey> key =
                    presented.stream().flatMap(text -> keys.find(text).stream()).findFirst();
            if (key.isEmpty()) {
                refuse(request, response, presented.isEmpty());
                return;
            }
            request.context().register(key.get());
            handler.handle(request, response);
        };
    }

    /** The keys that a request comes with: {@code Authorization: Bearer}, then {@code x-api-key}. */
    static List<String> presented(ServerRequestHeaders headers) {
        Optional<String> bearer = headers.first(HeaderNames.AUTHORIZATION)
                .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                .map(value -> value.substring(BEARER.length()));
        return Stream.concat(bearer.stream(), headers.first(X_API_KEY).stream())
                .map(String::strip)
                .filter(key -> !key.isEmpty())
                .toList();
    }

    private static void refuse(ServerRequest request, ServerResponse response, boolean without) {
        ApiError error = ApiError.http(
                401,
                "invalid_api_key",
                without
                        ? "This server needs an API key: send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'."
                        : "The API key is not valid here.");
        response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
        ApiErrors.send(request, response, error);
    }
}
