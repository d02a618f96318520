package dev.martlet.server;

import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.List;

/** Gives each request its {@link RequestNote}, and that to those who listen. */
final class RequestNotes implements Filter {
    private final List<RequestListener> listeners;

    RequestNotes(List<RequestListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        if (listeners.isEmpty()) {
            chain.proceed();
            return;
        }
        RequestNote note = new RequestNote();
        request.context().register(note);
        try {
            chain.proceed();
        } finally {
            listeners.forEach(listener -> listener.ended(note, request, response));
        }
    }
}
