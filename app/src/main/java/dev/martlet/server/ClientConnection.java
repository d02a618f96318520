package dev.martlet.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/**
 * The connection of the request at hand, for what Helidon's request does not offer: noticing that the client has gone
 * while nothing is written, and cutting off one that does not read.
 */
final class ClientConnection {

    /** Bytes a client may send behind its request before they are no longer read. */
    private static final int MAX_PIPELINED = 65_536;

    /** Set by the thread of a connection when a request begins; the same thread runs the handler. */
    private static final ThreadLocal<ConnectionContext> CURRENT = new ThreadLocal<>();

    private final ConnectionContext context;

    /** When the write that is under way began; 0 while there is none. Written by the handler's thread. */
    private volatile long writeStart;

    ClientConnection(ConnectionContext context) {
        this.context = context;
    }

    /** To be told of every request. */
    static Http1ConnectionListener listener() {
        return new Http1ConnectionListener() {
            @Override
            public void prologue(ConnectionContext context, HttpPrologue prologue) {
                CURRENT.set(context);
            }

            @Override
            public void data(ConnectionContext context, BufferData data) {}
        };
    }

    /** The connection of the request that the calling thread handles. */
    static ClientConnection current() {
        ConnectionContext context = CURRENT.get();
        if (context == null) {
            throw new IllegalStateException("this thread handles no request");
        }
        return new ClientConnection(context);
    }

    /** Completes a response and gives what closes the connection, which Helidon does not do for the header's sake. */
    static CloseConnectionException finished(ServerResponse response) {
        if (response instanceof RoutingResponse routed) {
            routed.commit();
        }
        return new CloseConnectionException("answered");
    }

    /**
     * Reads on behind the request until the client closes its side, or the connection is closed here. To be called after
     * the whole request was read, and only if the response says {@code Connection: close}: a next request would be
     * lost. A client that closes only its sending side counts as gone.
     *
     * @param gone called by another thread, also when the connection ends in good order
     */
    void watch(Runnable gone) {
        Thread.ofVirtual().name("client-watch").start(() -> {
            try {
                DataReader reader = context.dataReader();
                while (reader.available() < MAX_PIPELINED) {
                    reader.pullData();
                }
                return; // sends more than a client would; its failing writes will tell when it goes
            } catch (DataReader.InsufficientDataAvailableException
                    | CloseConnectionException
                    | UncheckedIOException e) {
                // gone: said below
            }
            gone.run();
        });
    }

    /** Runs a write, which {@link #closeIfStalled} may cut off. */
    void write(Runnable write) {
        writeStart = System.nanoTime() | 1;
        try {
            write.run();
        } finally {
            writeStart = 0;
        }
    }

    /** Closes the connection if a write takes longer than this. From any thread. */
    void closeIfStalled(long timeoutNanos) {
        long start = writeStart;
        if (start != 0 && System.nanoTime() - start > timeoutNanos) {
            context.log(
                    System.getLogger(ClientConnection.class.getName()),
                    System.Logger.Level.DEBUG,
                    "the client has not read for %d s, closing",
                    TimeUnit.NANOSECONDS.toSeconds(timeoutNanos));
            close();
        }
    }

    /** Closes the connection, whatever its thread does. */
    void close() {
        try {
            context.serverSocket().close();
        } catch (UncheckedIOException e) {
            // closed already, by either side
        }
    }
}
