package dev.martlet.openai;

import java.io.IOException;
import java.io.OutputStream;

/** An answer that is written as server-sent events, gathered until {@link #sendTo} takes them. */
public non-sealed interface AnswerStream extends AnswerSink {

    /** Appends what ends the stream in good order: the usage, where it is asked for, and the last event. */
    void finish(UsageReport usage);

    /** Appends a failure, after which nothing may follow. */
    void error(ApiError error);

    /** Appends something that clients skip; it keeps proxies calm and finds dead clients. */
    void keepAlive();

    /** Where the events are gathered. */
    JsonBuffer buffer();

    /** Number of bytes that wait to be sent. */
    default int pending() {
        return buffer().size();
    }

    /** Writes what waits, in one write, and forgets it. */
    default void sendTo(OutputStream stream) throws IOException {
        buffer().writeTo(stream);
        buffer().clear();
    }
}
