package dev.martlet.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Passes bytes between clients and a server, both ways as they are, and remembers them. */
final class RecordingProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final int server;
    private final Runnable beforeFirstRequest;
    private final Runnable beforeFirstAnswer;
    private final List<Connection> connections = Collections.synchronizedList(new ArrayList<>());

    /** One client's connection and its copy to the server. */
    private record Connection(Socket client, Socket server, Record sent, Record received) {
        void close() {
            try (client;
                    server) {
                client.shutdownOutput();
            } catch (IOException e) {
                // It was closed from the other side.
                return;
            }
        }
    }

    /** Bytes of one direction; written by its pump, read by the test. */
    private static final class Record {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        synchronized void add(byte[] buffer, int count) {
            bytes.write(buffer, 0, count);
        }

        synchronized byte[] copy() {
            return bytes.toByteArray();
        }
    }

    /**
     * @param server the server's port
     * @param beforeFirstRequest runs once, when a client's first bytes are there and before the server gets them
     * @param beforeFirstAnswer runs once, when the server's first bytes are there and before the client gets them
     */
    RecordingProxy(int server, Runnable beforeFirstRequest, Runnable beforeFirstAnswer) {
        this.server = server;
        this.beforeFirstRequest = new Once(beforeFirstRequest);
        this.beforeFirstAnswer = new Once(beforeFirstAnswer);
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("proxy").start(this::accept);
    }

    /** Runs a task once, and lets all who come meanwhile wait for its end. */
    private static final class Once implements Runnable {
        private final Runnable task;
        private boolean done;

        Once(Runnable task) {
            this.task = task;
        }

        @Override
        public synchronized void run() {
            if (!done) {
                done = true;
                task.run();
            }
        }
    }

    String base() {
        return "http://127.0.0.1:" + listener.getLocalPort() + "/v1";
    }

    /** The requests so far, each with what of its answer has passed. */
    List<Exchange> exchanges() {
        List<Exchange> all = new ArrayList<>();
        for (Connection connection : List.copyOf(connections)) {
            all.addAll(Exchange.parse(
                    connection.sent().copy(), connection.received().copy()));
        }
        return all;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Connection connection = new Connection(
                        client, new Socket(InetAddress.getLoopbackAddress(), server), new Record(), new Record());
                connections.add(connection);
                Thread.ofVirtual().start(() -> pump(connection, client, connection.server(), connection.sent()));
                Thread.ofVirtual().start(() -> pump(connection, connection.server(), client, connection.received()));
            } catch (IOException e) {
                // The proxy is closed, or the server is.
                return;
            }
        }
    }

    /** Whoever closes, the connection ends for both: so the server sees a client leave, and the client the server. */
    private void pump(Connection connection, Socket from, Socket to, Record record) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[8192];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                (from == connection.client() ? beforeFirstRequest : beforeFirstAnswer).run();
                record.add(buffer, count);
                out.write(buffer, 0, count);
            }
        } catch (IOException e) {
            // One of the two is gone; the other is told below.
        }
        connection.close();
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List.copyOf(connections).forEach(Connection::close);
    }
}
