package dev.martlet.server;

import dev.martlet.openai.AnswerStream;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.UsageReport;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * Sends what an {@link AnswerStream} has gathered. The response's head goes out with the first bytes and not before, so
 * that an early failure can still be a status.
 */
final class EventStream implements Answer.Outlet {

    /** Bytes gathered into one write when a client is behind. */
    private static final int BATCH = 32_768;

    /** Without no-store, for which Chromium may end a stream that was read to its end as an aborted one. */
    private static final Header CACHING =
            HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache, no-transform");

    private final ServerResponse response;
    private final ClientConnection client;
    private final AnswerStream events;
    private OutputStream out;

    EventStream(ServerResponse response, ClientConnection client, AnswerStream events) {
        this.response = response;
        this.client = client;
        this.events = events;
    }

    /** Whether the head has gone out. */
    boolean started() {
        return out != null;
    }

    @Override
    public boolean hasRoom() {
        return events.pending() < BATCH;
    }

    @Override
    public void flush() {
        if (events.pending() > 0) {
            client.write(this::send);
        }
    }

    @Override
    public void idle() {
        events.keepAlive();
    }

    /** Ends the stream in good order. */
    void end(UsageReport usage) {
        events.finish(usage);
        finish();
    }

    /** Ends the stream with a failure. */
    void end(ApiError error) {
        events.error(error);
        finish();
    }

    private void finish() {
        client.write(() -> {
            send();
            try {
                out.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private void send() {
        try {
            if (out == null) {
                response.header(HeaderNames.CONTENT_TYPE, "text/event-stream");
                response.header(CACHING);
                response.header("X-Accel-Buffering", "no");
                out = response.outputStream();
            }
            events.sendTo(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
