package dev.martlet.server;

import jakarta.json.JsonObject;

/** A client of the matrix. */
interface MatrixClient extends AutoCloseable {

    /**
     * Does what a cell asks for, as a user of this client would.
     *
     * @param base the server's address with {@code /v1}
     * @return what the client saw: {@code text}; {@code pieces} of a stream; the {@code cities} a tool was called for and
     *     the {@code text} after that; a {@code sky}, {@code degrees} and {@code rain}; an error's {@code status} and
     *     {@code message}; whether it {@code left}; {@code failed} where something went wrong
     */
    JsonObject run(MatrixCell cell, String base);

    @Override
    default void close() {}
}
