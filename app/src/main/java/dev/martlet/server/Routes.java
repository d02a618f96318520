package dev.martlet.server;

import dev.martlet.openai.ApiError;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** All that the server answers: a list of paths, each with one method. Filled before it is installed. */
final class Routes {

    /** One of them; the path is a pattern of Helidon's. */
    record Route(Method method, String path, Handler handler) {
        Route {
            Objects.requireNonNull(method, "method");
            Objects.requireNonNull(path, "path");
            Objects.requireNonNull(handler, "handler");
        }
    }

    private final List<Route> routes = new ArrayList<>();

    Routes get(String path, Handler handler) {
        routes.add(new Route(Method.GET, path, handler));
        return this;
    }

    Routes post(String path, Handler handler) {
        routes.add(new Route(Method.POST, path, handler));
        return this;
    }

    List<Route> all() {
        return List.copyOf(routes);
    }

    /** Installs them, 405 for their paths' other methods, and 404 for other paths. */
    void install(HttpRouting.Builder routing) {
        Map<String, String> allowed = new LinkedHashMap<>();
        for (Route route : routes) {
            routing.route(route.method(), route.path(), ApiErrors.guarding(route.handler()));
            allowed.merge(route.path(), route.method().text(), (one, other) -> one + ", " + other);
        }
        allowed.forEach((path, methods) -> routing.any(path, ApiErrors.guarding(wrongMethod(methods))));
        routing.any(ApiErrors.guarding(Routes::unknownPath));
    }

    private static Handler wrongMethod(String allowed) {
        return (request, response) -> {
            response.header(HeaderNames.ALLOW, allowed);
            throw ApiError.http(
                            405,
                            "method_not_allowed",
                            "Only " + allowed + " is allowed on "
                                    + request.path().path() + ".")
                    .toException();
        };
    }

    private static void unknownPath(ServerRequest request, ServerResponse response) {
        throw ApiError.http(
                        404,
                        "not_found",
                        "There is nothing at " + request.prologue().method().text() + " "
                                + request.path().path() + ".")
                .toException();
    }
}
