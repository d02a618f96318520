package dev.martlet.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.SocketOptions;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The open connections, found by their clients' addresses: Helidon's own objects do not give the channel, and closing by
 * them waits for a client that does not read. Safe from any thread.
 */
final class Connections {
    private final Map<SocketAddress, ClientConnection> open = new ConcurrentHashMap<>();

    /** Options that Helidon puts on each channel it accepts, which is how the channel gets here. */
    SocketOptions watching(SocketOptions options) {
        return new Watching(options);
    }

    /** To be told of every request, by the thread that handles it. */
    Http1ConnectionListener listener() {
        return new Http1ConnectionListener() {
            @Override
            public void prologue(ConnectionContext context, HttpPrologue prologue) {
                ClientConnection client = Optional.ofNullable(
                                open.get(context.remotePeer().address()))
                        .orElseThrow(() -> new IllegalStateException("a connection that was not accepted"));
                client.begin(context);
            }

            @Override
            public void headers(ConnectionContext context, Headers headers) {
                ClientConnection.current().headersRead();
            }

            @Override
            public void data(ConnectionContext context, BufferData data) {}
        };
    }

    private void accepted(SocketChannel channel) {
        try {
            open.put(channel.getRemoteAddress(), new ClientConnection(channel));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes those whose client reads or writes too slowly, and forgets those that are closed. */
    void closeStalled(Duration readTimeout, Duration writeTimeout) {
        open.values().removeIf(client -> !client.isOpen());
        open.values().forEach(client -> client.closeIfStalled(readTimeout.toNanos(), writeTimeout.toNanos()));
    }

    /** Helidon's options, with a look at each channel. */
    private final class Watching implements SocketOptions {
        private final SocketOptions options;

        private Watching(SocketOptions options) {
            this.options = options;
        }

        @Override
        public void configureSocket(SocketChannel channel) {
            SocketOptions.super.configureSocket(channel);
            accepted(channel);
        }

        @Override
        public Map<SocketOption<?>, Object> socketOptions() {
            return options.socketOptions();
        }

        @Override
        public Duration connectTimeout() {
            return options.connectTimeout();
        }

        @Override
        public Duration readTimeout() {
            return options.readTimeout();
        }

        @Override
        public Optional<Integer> socketReceiveBufferSize() {
            return options.socketReceiveBufferSize();
        }

        @Override
        public Optional<Integer> socketSendBufferSize() {
            return options.socketSendBufferSize();
        }

        @Override
        public boolean socketReuseAddress() {
            return options.socketReuseAddress();
        }

        @Override
        public boolean socketKeepAlive() {
            return options.socketKeepAlive();
        }

        @Override
        public boolean tcpNoDelay() {
            return options.tcpNoDelay();
        }
    }
}
