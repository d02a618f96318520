package dev.martlet.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Connection;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;

/**
 * Takes every connection for HTTP/1.1, so that what is none gets an answer that says so; Helidon's own selector closes
 * without a word, also where a first line is only too long.
 */
final class HttpConnections implements ServerConnectionSelector {

    /** How long the rest of a refused request is read, and thrown away. */
    private static final Duration LINGER = Duration.ofSeconds(1);

    private final Http1ConnectionSelector http;

    HttpConnections(Http1ConnectionSelector http) {
        this.http = http;
    }

    @Override
    public int bytesToIdentifyConnection() {
        return 0;
    }

    @Override
    public Support supports(BufferData data) {
        return Support.SUPPORTED;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        return new Lingering(context, (Http1Connection) http.connection(context));
    }

    /** A connection that lets its client read what was wrong: closed over bytes that were not read, it is reset. */
    private record Lingering(ConnectionContext context, Http1Connection http)
            implements ServerConnection, InterruptableTask<Void> {

        @Override
        public void handle(Limit limit) throws InterruptedException {
            http.handle(limit);
            linger(); // it returns only after a refusal, and throws what ends a connection otherwise
        }

        private void linger() {
            Thread end = Thread.ofVirtual().name("linger").start(this::closeSoon);
            try {
                DataReader reader = context.dataReader();
                while (true) {
                    reader.skip(reader.available());
                    reader.pullData();
                }
            } catch (DataReader.InsufficientDataAvailableException
                    | CloseConnectionException
                    | UncheckedIOException e) {
                // the client has read it, or its time is up
            } finally {
                end.interrupt();
            }
        }

        private void closeSoon() {
            try {
                Thread.sleep(LINGER);
                context.serverSocket().close();
            } catch (InterruptedException | UncheckedIOException e) {
                // closed by the client
            }
        }

        @Override
        public Duration idleTime() {
            return http.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            http.close(interrupt);
        }

        @Override
        public boolean canInterrupt() {
            return http.canInterrupt();
        }
    }
}
