package dev.martlet.bench.serving;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Sends chats to a server on this machine, each over a connection of its own. Safe from any thread. */
final class Client {
    private static final int CONNECT_MILLIS = 5_000;

    private final int port;

    Client(int port) {
        this.port = port;
    }

    /** Whether the server answers that it is ready. */
    boolean ready() {
        try (Socket socket = connect()) {
            socket.setSoTimeout(CONNECT_MILLIS);
            write(socket, "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", new byte[0]);
            return new EventReader(socket.getInputStream()).head() == 200;
        } catch (IOException e) {
            return false; // not listening yet, or not any more: the caller knows which
        }
    }

    /** Sends a chat and reads its answer to the end, with its text. */
    Answer send(Chat chat) {
        return new Exchange(chat, true).run();
    }

    /** Sends all chats at once and waits for all answers, which come in the same order. */
    List<Answer> sendAll(List<Chat> chats) throws InterruptedException {
        return runAll(chats.stream().map(this::exchange).toList());
    }

    /** An exchange for {@link #runAll} or a thread of the caller's. */
    Exchange exchange(Chat chat) {
        return new Exchange(chat, false);
    }

    /** Runs all at once and waits for all answers, which come in the same order. */
    static List<Answer> runAll(List<Exchange> exchanges) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Answer> answers = new ArrayList<>();
            for (Future<Answer> answer : threads.invokeAll(exchanges.stream()
                    .<Callable<Answer>>map(exchange -> exchange::run)
                    .toList())) {
                answers.add(answer.get());
            }
            return answers;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause()); // run() throws nothing but errors of this program
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static void write(Socket socket, String head, byte[] body) throws IOException {
        byte[] headBytes = head.getBytes(StandardCharsets.US_ASCII);
        byte[] all = new byte[headBytes.length + body.length];
        System.arraycopy(headBytes, 0, all, 0, headBytes.length);
        System.arraycopy(body, 0, all, headBytes.length, body.length);
        socket.getOutputStream().write(all);
    }

    /** One chat on its way: run once, by one thread; watched and hung up by others. */
    final class Exchange {
        private final Chat chat;
        private final boolean keepText;
        private final byte[] body;
        private final List<Long> pieces = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();
        private JsonObject usage = JsonObject.EMPTY_JSON_OBJECT;

        // Written by the running thread, read by watchers.
        private volatile int received;
        private volatile Socket socket;
        // Written by watchers: what comes after that is no failure.
        private volatile boolean hungUp;

        private Exchange(Chat chat, boolean keepText) {
            this.chat = chat;
            this.keepText = keepText;
            this.body = chat.body();
        }

        /** Pieces of text so far. */
        int received() {
            return received;
        }

        /** Ends the connection: the client has enough. */
        void hangUp() throws IOException {
            hungUp = true;
            Socket open = socket;
            if (open != null) {
                open.close();
            }
        }

        Answer run() {
            long sentAt = System.nanoTime();
            try (Socket opened = connect()) {
                socket = opened;
                write(
                        opened,
                        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                                + "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n",
                        body);
                return answer(sentAt, read(new EventReader(opened.getInputStream())));
            } catch (IOException e) {
                return answer(sentAt, Optional.of(e.toString()));
            }
        }

        private Optional<String> read(EventReader reader) throws IOException {
            int status = reader.head();
            if (status != 200) {
                return Optional.of("status " + status + ": " + reader.rest(300));
            }
            while (reader.next()) {
                if (!reader.isData()) {
                    continue;
                }
                if (reader.hasText()) {
                    pieces.add(reader.readAt());
                    received = pieces.size();
                    if (keepText) {
                        text.append(reader.data()).append('\n'); // parsed when the answer is over
                    }
                } else if (reader.isDone()) {
                    return Optional.empty();
                } else if (reader.hasUsage()) {
                    usage = parse(reader.data()).getJsonObject("usage");
                } else if (reader.hasError()) {
                    return Optional.of(reader.data());
                }
            }
            return Optional.of("the answer ended without data: [DONE]");
        }

        private Answer answer(long sentAt, Optional<String> failure) {
            long endedAt = System.nanoTime();
            int output = usage.getInt("completion_tokens", 0);
            Optional<String> problem = hungUp ? Optional.empty() : failure.or(() -> shortAnswer(output));
            JsonObject details = usage.containsKey("prompt_tokens_details")
                    ? usage.getJsonObject("prompt_tokens_details")
                    : JsonObject.EMPTY_JSON_OBJECT;
            return new Answer(
                    sentAt,
                    pieces,
                    endedAt,
                    usage.getInt("prompt_tokens", 0),
                    details.getInt("cached_tokens", 0),
                    output,
                    content(),
                    problem);
        }

        private Optional<String> shortAnswer(int output) {
            return output == chat.maxTokens()
                    ? Optional.empty()
                    : Optional.of("asked for " + chat.maxTokens() + " tokens, got " + output);
        }

        private String content() {
            StringBuilder content = new StringBuilder();
            for (String event : text.toString().split("\n")) {
                if (!event.isEmpty()) {
                    content.append(parse(event)
                            .getJsonArray("choices")
                            .getJsonObject(0)
                            .getJsonObject("delta")
                            .getString("content", ""));
                }
            }
            return content.toString();
        }
    }

    private static JsonObject parse(String json) {
        try (JsonReader reader = Json.createReader(new StringReader(json))) {
            return reader.readObject();
        } catch (JsonException e) {
            throw new ServingException("the server sent what is no JSON: " + json, e);
        }
    }
}
