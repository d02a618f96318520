package dev.martlet.server;

import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;

/** Hears of each request when its answer is out, or when there will be none. Called by the request's thread. */
@FunctionalInterface
interface RequestListener {
    void ended(RequestNote note, RoutingRequest request, RoutingResponse response);
}
