package dev.martlet.server;

import java.util.Optional;

/** Whether requests become spans of OpenTelemetry. Its API is no part of Martlet: who wants spans adds it to the class path. */
final class Tracing {
    private static final System.Logger LOG = System.getLogger(Tracing.class.getName());
    private static final String API = "io.opentelemetry.api.GlobalOpenTelemetry";

    private Tracing() {}

    /** What makes the spans; empty where the API is not on the class path. */
    static Optional<RequestListener> ofClassPath() {
        try {
            Class.forName(API, false, Tracing.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
        try {
            return Optional.of(RequestSpans.ofGlobal());
        } catch (LinkageError e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "no traces: OpenTelemetry's API is on the class path without what it needs: {0}",
                    e.toString());
            return Optional.empty();
        }
    }
}
