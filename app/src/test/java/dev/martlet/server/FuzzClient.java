package dev.martlet.server;

import dev.martlet.openai.Json;
import dev.martlet.server.FuzzCase.Request;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Sends one case and holds what comes back to what a client may rely on. */
final class FuzzClient {

    /** Longest silence of the server that is no hang, in slices; the machine may be busy. */
    private static final int PATIENCE_SLICES = 24;

    private static final int SLICE_MILLIS = 5_000;

    /** An answer as it came. */
    private record Answer(int status, Map<String, String> headers, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        boolean closes() {
            return headers.getOrDefault("connection", "").equalsIgnoreCase("close");
        }

        boolean isJson() {
            return headers.getOrDefault("content-type", "").startsWith("application/json");
        }

        boolean isStream() {
            return headers.getOrDefault("content-type", "").startsWith("text/event-stream");
        }
    }

    private final int port;

    FuzzClient(int port) {
        this.port = port;
    }

    /**
     * Runs a case.
     *
     * @return the first answer's status; 0 where none was waited for
     * @throws AssertionError where the server does what it must not
     */
    int run(FuzzCase fuzz) throws IOException, InterruptedException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.setSoTimeout(SLICE_MILLIS);
            // The server may have answered and closed before it has read all.
            boolean sent = send(fuzz, socket);
            return switch (fuzz.ending()) {
                case STAY -> answers(fuzz, socket);
                case HALF_CLOSE -> {
                    if (sent) {
                        socket.shutdownOutput();
                    }
                    yield untilClosed(fuzz, socket);
                }
                case RESET -> {
                    socket.setSoLinger(true, 0);
                    yield 0;
                }
                case CLOSE -> 0;
            };
        } catch (SocketTimeoutException e) {
            throw new AssertionError("no answer within " + PATIENCE_SLICES * SLICE_MILLIS + " ms", e);
        }
    }

    /**
     * What a socket reads. Where this whole process was stopped for minutes, so was the server: that is one slice of
     * silence, not all of them.
     */
    private static InputStream patient(Socket socket) throws IOException {
        return new FilterInputStream(socket.getInputStream()) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                for (int slice = 1; ; slice++) {
                    try {
                        return super.read(into, from, length);
                    } catch (SocketTimeoutException e) {
                        if (slice == PATIENCE_SLICES) {
                            throw e;
                        }
                    }
                }
            }
        };
    }

    private static boolean send(FuzzCase fuzz, Socket socket) throws InterruptedException {
        try {
            for (byte[] piece : fuzz.bytes()) {
                socket.getOutputStream().write(piece);
                if (fuzz.bytes().size() > 1) {
                    Thread.sleep(1);
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int answers(FuzzCase fuzz, Socket socket) throws IOException {
        InputStream in = new BufferedInputStream(patient(socket));
        int first = 0;
        for (Request request : fuzz.requests()) {
            Answer answer = read(in, request.method());
            check(answer, request);
            first = first == 0 ? answer.status() : first;
            if (answer.closes()) {
                check(in.read() < 0, "bytes after an answer that closes", answer);
                break;
            }
        }
        return first;
    }

    /** The method of a request that was cut: what answers a HEAD has no body, however little came of it. */
    private static String method(FuzzCase fuzz) {
        return new String(FuzzCase.joined(fuzz.bytes()), StandardCharsets.ISO_8859_1).startsWith("HEAD ") ? "HEAD" : "";
    }

    /** All that comes; a request that was not whole may be left without an answer. */
    private static int untilClosed(FuzzCase fuzz, Socket socket) throws IOException {
        byte[] all;
        try {
            all = patient(socket).readAllBytes();
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return 0; // reset: what was sent behind the request was not read
        }
        if (all.length == 0) {
            return 0;
        }
        Request request = fuzz.requests().isEmpty()
                ? new Request(method(fuzz), "?", true)
                : fuzz.requests().getFirst();
        Answer answer;
        try {
            answer = read(new java.io.ByteArrayInputStream(all), request.method());
        } catch (EOFException e) {
            return 0; // its side was closed in the middle of the answer, so it counted as gone
        }
        check(answer, request);
        return answer.status();
    }

    // ---- what an answer must be

    private static void check(Answer answer, Request request) {
        check(answer.headers().containsKey("date"), "no date", answer);
        boolean error = answer.status() >= 400;
        check(answer.status() < 500 || allowedFailure(answer.status(), request), "a failure of the server", answer);
        if (request.method().equals("HEAD")) {
            return;
        }
        if (error) {
            check(answer.isJson(), "an error that is no JSON", answer);
            checkError(Json.object(answer.body()), request, answer);
        } else if (answer.isJson()) {
            Json.object(answer.body());
        } else if (answer.isStream()) {
            checkStream(answer);
        }
    }

    private static boolean allowedFailure(int status, Request request) {
        return status == 503
                || status == 505 && request.isOdd()
                || status == 504 && request.hasDeadline()
                || status == 529 && request.isAnthropic();
    }

    private static void checkError(JsonObject body, Request request, Answer answer) {
        JsonObject error = body.getJsonObject("error");
        check(error != null, "no error object", answer);
        check(!error.getString("message", "").isBlank(), "no message", answer);
        if (request.isAnthropic() || request.isOdd() && body.containsKey("type")) {
            check(body.keySet().containsAll(Set.of("type", "error")), "not Anthropic's shape", answer);
            check(error.keySet().equals(Set.of("type", "message")), "not Anthropic's shape", answer);
        } else {
            check(body.keySet().equals(Set.of("error")), "not OpenAI's shape", answer);
            check(error.keySet().equals(Set.of("message", "type", "param", "code")), "not OpenAI's shape", answer);
            check(
                    stringOrNull(error.get("param")) && stringOrNull(error.get("code")),
                    "a code that is no text",
                    answer);
        }
        String text = answer.text();
        check(
                !text.contains("Exception") && !text.contains("dev.martlet") && !text.contains("io.helidon"),
                "tells of the inside",
                answer);
    }

    private static boolean stringOrNull(JsonValue value) {
        return value instanceof JsonString || JsonValue.NULL.equals(value);
    }

    /** Each event is JSON, and the stream has an end that says how it ended. */
    private static void checkStream(Answer answer) {
        List<String> events = List.of(answer.text().split("\n\n"));
        for (String event : events) {
            for (String line : event.split("\n")) {
                if (line.startsWith("data: ") && !line.equals("data: [DONE]")) {
                    Json.object(line.substring(6).getBytes(StandardCharsets.UTF_8));
                } else {
                    check(line.matches("(?:data: \\[DONE]|event: [a-z_.]+|:.*)"), "not an event: " + line, answer);
                }
            }
        }
        String last = events.getLast();
        check(
                last.equals("data: [DONE]")
                        || last.contains("event: error")
                        || last.contains("message_stop")
                        || last.contains("\"type\":\"response."),
                "a stream without an end",
                answer);
    }

    private static void check(boolean holds, String what, Answer answer) {
        if (!holds) {
            String text = answer.text();
            throw new AssertionError(what + ": " + answer.status() + " " + answer.headers() + " "
                    + text.substring(0, Math.min(text.length(), 2_000)));
        }
    }

    // ---- HTTP, as strictly as a client may take it

    private static Answer read(InputStream in, String method) throws IOException {
        String status = line(in);
        while (status.startsWith("HTTP/1.1 100 ")) {
            while (!line(in).isEmpty()) {}
            status = line(in);
        }
        if (!status.matches("HTTP/1\\.1 [2-5][0-9][0-9] .*")) {
            throw new AssertionError("no status line: " + status);
        }
        Map<String, String> headers = new HashMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.merge(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip(),
                    (one, other) -> one + ", " + other);
        }
        int code = Integer.parseInt(status.substring(9, 12));
        return new Answer(code, headers, method.equals("HEAD") || code == 204 ? new byte[0] : body(in, headers));
    }

    private static byte[] body(InputStream in, Map<String, String> headers) throws IOException {
        if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            int size;
            do {
                size = Integer.parseInt(line(in), 16);
                body.writeBytes(exactly(in, size));
                if (size > 0 && !line(in).isEmpty()) {
                    throw new AssertionError("a chunk that is longer than it says");
                }
            } while (size > 0);
            while (!line(in).isEmpty()) {} // trailers, where the client takes them
            return body.toByteArray();
        }
        String length = headers.get("content-length");
        return length == null ? in.readAllBytes() : exactly(in, Integer.parseInt(length));
    }

    private static byte[] exactly(InputStream in, int size) throws IOException {
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new EOFException("closed within a body");
        }
        return bytes;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("closed after '" + line + "'");
            }
            line.append((char) next);
        }
        return line.toString().stripTrailing();
    }
}
