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
import java.util.function.UnaryOperator;

/** All that the server answers: a list of paths, each with one method. Filled before it is installed. */
final class Routes {

    /**
     * One of them.
     *
     * @param path a pattern of Helidon's
     * @param open whether it is for everybody, with a key or without
     */
    record Route(Method method, String path, boolean open, Handler handler) {
        Route {
            Objects.requireNonNull(method, "method");
            Objects.requireNonNull(path, "path");
            Objects.requireNonNull(handler, "handler");
        }
    }

    private final List<Route> routes = new ArrayList<>();

    Routes get(String path, Handler handler) {
        routes.add(new Route(Method.GET, path, false, handler));
        return this;
    }

    Routes post(String path, Handler handler) {
        routes.add(new Route(Method.POST, path, false, handler));
        return this;
    }

    /** A route for everybody if this holds. */
    Routes getOpenly(boolean open, String path, Handler handler) {
        routes.add(new Route(Method.GET, path, open, handler));
        return this;
    }

    List<Route> all() {
        return List.copyOf(routes);
    }

    /**
     * Installs them, 405 for their paths' other methods, and 404 for other paths.
     *
     * @param guard what stands before all that is not open
     */
    void install(HttpRouting.Builder routing, UnaryOperator<Handler> guard) {
        Map<String, String> allowed = new LinkedHashMap<>();
        for (Route route : routes) {
            Handler handler = route.open() ? route.handler() : guard.apply(route.handler());
            routing.route(route.method(), route.path(), ApiErrors.guarding(handler));
            allowed.merge(route.path(), route.method().text(), (one, other) -> one + ", " + other);
        }
        allowed.forEach((path, methods) -> routing.any(path, ApiErrors.guarding(guard.apply(wrongMethod(methods)))));
        routing.any(ApiErrors.guarding(guard.apply(Routes::unknownPath)));
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
