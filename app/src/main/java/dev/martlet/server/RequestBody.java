package dev.martlet.server;

import dev.martlet.openai.ApiError;
import dev.martlet.openai.ApiException;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.RequestException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Reads bodies up to a limit. What is longer is read on and thrown away for a while, since a client that is still
 * writing when the connection closes never sees the answer.
 */
final class RequestBody {
    private static final int BUFFER = 16_384;

    /** Most bytes beyond the limit that are read to be thrown away. */
    static final long DISCARDED = 64_000_000;

    /** Longest body that is read though nobody wants it. */
    private static final int UNWANTED = 65_536;

    private RequestBody() {}

    /**
     * Reads a body, or sends the error of one that is too long.
     *
     * @throws io.helidon.webserver.CloseConnectionException after the error was sent
     */
    static byte[] readOrRefuse(ServerRequest request, ServerResponse response, int limit) {
        try {
            return read(request, limit);
        } catch (ApiException e) {
            // The rest of the body may still come, so no other request can follow.
            response.header(HeaderValues.CONNECTION_CLOSE);
            ApiErrors.send(request, response, e.error());
            throw ClientConnection.finished(response);
        }
    }

    /**
     * Reads a body that nobody wants, so that its client sees the answer.
     *
     * @return whether all of it was read, and another request may follow; not where it is long
     */
    private static boolean discard(ServerRequest request) {
        if (request.headers().contains(HeaderValues.EXPECT_100)) {
            return false;
        }
        try {
            read(request, UNWANTED);
            return true;
        } catch (ApiException | UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            return false;
        }
    }

    /**
     * @throws dev.martlet.openai.ApiException with status 413 if the body is longer than the limit
     */
    static byte[] read(ServerRequest request, int limit) {
        long declared = request.headers().contentLength().orElse(0);
        boolean waitsForContinue = request.headers().contains(HeaderValues.EXPECT_100);
        if (declared > limit && (waitsForContinue || declared > limit + DISCARDED)) {
            throw tooLarge(limit);
        }
        if (declared == 0 && !request.headers().contains(HeaderNames.TRANSFER_ENCODING)) {
            return new byte[0];
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream((int) Math.min(Math.max(declared, 512), limit));
        byte[] buffer = new byte[BUFFER];
        long total = 0;
        ClientConnection client = ClientConnection.current();
        client.beginBody();
        // Not closed: closing waits for the rest of a body that was given up.
        InputStream in = request.content().inputStream();
        try {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                total += count;
                client.bodyProgress(total);
                if (total <= limit) {
                    body.write(buffer, 0, count);
                } else if (total > limit + DISCARDED) {
                    throw tooLarge(limit);
                }
            }
        } catch (IOException e) {
            throw failed(client, new UncheckedIOException(e));
        } catch (UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            throw failed(client, e);
        } catch (NumberFormatException | RequestException | DataReader.IncorrectNewLineException e) {
            throw ApiError.http(400, "bad_request", "The chunks of the request body are not valid.")
                    .toException();
        } finally {
            client.endBody();
        }
        if (total > limit) {
            throw tooLarge(limit);
        }
        return body.toByteArray();
    }

    /** Reads what is left of a body, so that another request can follow; where that cannot be, the response says so. */
    static void discard(ServerRequest request, ServerResponse response) {
        if (request.content().hasEntity()
                && !request.content().consumed()
                && !response.headers().contains(HeaderValues.CONNECTION_CLOSE)
                && !discard(request)) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
    }

    /** What a read's failure means: the client was too slow, or it has gone. */
    private static RuntimeException failed(ClientConnection client, RuntimeException failure) {
        return client.isTooSlow()
                ? ApiError.http(408, "request_timeout", "The request body did not come in time.")
                        .toException()
                : failure;
    }

    private static RuntimeException tooLarge(int limit) {
        return ApiError.http(
                        413,
                        "request_too_large",
                        "The request body is too large: at most " + limit + " bytes are taken.")
                .toException();
    }
}
