package dev.martlet.server;

import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;

/**
 * A client's connection, for what Helidon's request does not offer: noticing that the client has gone while nothing is
 * written, and cutting off one that does not read, or sends too slowly.
 */
final class ClientConnection {
    private static final System.Logger LOG = System.getLogger(ClientConnection.class.getName());

    /** Bytes a client may send behind its request before they are no longer read. */
    private static final int MAX_PIPELINED = 65_536;

    /** What a body gets beside the time for headers: 16 kB a second. */
    private static final long NANOS_PER_BODY_BYTE = 61_035;

    /** No read or write is under way. */
    private static final long NONE = 0;

    /** Set by the thread of a connection when a request begins; the same thread runs the handler. */
    private static final ThreadLocal<ClientConnection> CURRENT = new ThreadLocal<>();

    private final SocketChannel channel;

    /** Written by the connection's thread with each request's begin, read by the watch that it starts. */
    private volatile ConnectionContext context;

    /** When the request that is being read began; NONE while there is none. Written by the connection's thread. */
    private volatile long readStart = System.nanoTime() | 1;

    /** Bytes of its body so far. Written by the connection's thread. */
    private volatile long bodyBytes;

    /** When the write that is under way began; NONE while there is none. Written by the handler's thread. */
    private volatile long writeStart;

    /** Whether the client took too long to send its request. */
    private volatile boolean tooSlow;

    ClientConnection(SocketChannel channel) {
        this.channel = channel;
    }

    /** The connection of the request that the calling thread handles. */
    static ClientConnection current() {
        ClientConnection client = CURRENT.get();
        if (client == null) {
            throw new IllegalStateException("this thread handles no request");
        }
        return client;
    }

    /** A request begins; to be called by the thread that will handle it. */
    void begin(ConnectionContext of) {
        context = of;
        CURRENT.set(this);
        readStart = System.nanoTime() | 1;
    }

    void headersRead() {
        readStart = NONE;
    }

    /** The body is about to be read. */
    void beginBody() {
        bodyBytes = 0;
        readStart = System.nanoTime() | 1;
    }

    /** So many bytes of the body have come. */
    void bodyProgress(long bytes) {
        bodyBytes = bytes;
    }

    /** No more of the body is wanted. */
    void endBody() {
        readStart = NONE;
    }

    /** Whether the client took too long to send its request, so that nothing more comes. */
    boolean isTooSlow() {
        return tooSlow;
    }

    boolean isOpen() {
        return channel.isOpen();
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
            writeStart = NONE;
        }
    }

    /**
     * Closes the connection if a write takes longer than this, or the reading of a request; a body has longer for what has
     * come of it. From any thread.
     */
    void closeIfStalled(long readNanos, long writeNanos) {
        long now = System.nanoTime();
        long writing = writeStart;
        long reading = readStart;
        if (writing != NONE && now - writing > writeNanos) {
            LOG.log(System.Logger.Level.DEBUG, "a client has not read in time, closing");
            close();
        } else if (reading != NONE && now - reading > readNanos + bodyBytes * NANOS_PER_BODY_BYTE) {
            LOG.log(System.Logger.Level.DEBUG, "a client has not sent its request in time");
            giveUpReading();
        }
    }

    /** What the thread that reads then sees is an end, so that it may still answer. */
    private void giveUpReading() {
        tooSlow = true;
        readStart = NONE;
        try {
            channel.shutdownInput();
        } catch (IOException e) {
            close();
        }
    }

    /** Closes the connection, whatever its thread does. */
    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing a connection failed", e);
        }
    }
}
