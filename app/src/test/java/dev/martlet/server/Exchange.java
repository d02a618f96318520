package dev.martlet.server;

import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request and its answer as they went over the wire.
 *
 * @param requestBody empty where there was none
 * @param body of an answer that was cut off, what came
 */
record Exchange(String method, String path, String requestBody, int status, String type, String body) {

    /** The exchanges of one connection; a request whose answer has no status yet is left out. */
    static List<Exchange> parse(byte[] sent, byte[] received) {
        Messages requests = new Messages(sent);
        Messages responses = new Messages(received);
        List<Exchange> all = new ArrayList<>();
        while (true) {
            Optional<Message> request = requests.next();
            Optional<Message> response = responses.next();
            if (request.isEmpty() || response.isEmpty()) {
                return all;
            }
            String[] line = request.get().line().split(" ");
            all.add(new Exchange(
                    line[0],
                    line[1],
                    request.get().text(),
                    Integer.parseInt(response.get().line().split(" ")[1]),
                    response.get().headers().getOrDefault("content-type", "").replaceAll(";.*", ""),
                    response.get().text()));
        }
    }

    boolean streamed() {
        return type.equals("text/event-stream");
    }

    JsonObject request() {
        return object(requestBody);
    }

    /** Of a whole answer. */
    JsonObject answer() {
        return object(body);
    }

    /** The data of a stream's events; the mark of its end and an event that was cut off are left out. */
    List<JsonObject> events() {
        List<JsonObject> events = new ArrayList<>();
        int end = body.lastIndexOf("\n\n");
        body.substring(0, Math.max(0, end))
                .lines()
                .filter(line -> line.startsWith("data: {"))
                .forEach(line -> events.add(object(line.substring("data: ".length()))));
        return events;
    }

    /** The text that the first choice of a chat got, whole or streamed. */
    String content() {
        if (!streamed()) {
            return answer().getJsonArray("choices")
                    .getJsonObject(0)
                    .getJsonObject("message")
                    .getString("content");
        }
        StringBuilder content = new StringBuilder();
        events().stream()
                .flatMap(event -> event.getJsonArray("choices").getValuesAs(JsonObject.class).stream())
                .forEach(choice -> content.append(choice.getJsonObject("delta").getString("content", "")));
        return content.toString();
    }

    private static JsonObject object(String json) {
        return Json.object(json.getBytes(StandardCharsets.UTF_8));
    }

    /** The head and the decoded body of a request or a response. */
    private record Message(String line, Map<String, String> headers, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /** Reads the messages of one direction. */
    private static final class Messages {
        private final byte[] bytes;
        private int at;

        Messages(byte[] bytes) {
            this.bytes = bytes;
        }

        Optional<Message> next() {
            Optional<String> first = line();
            if (first.isEmpty()) {
                return Optional.empty();
            }
            Map<String, String> headers = new HashMap<>();
            for (String header = line().orElse(""); !header.isEmpty(); header = line().orElse("")) {
                int colon = header.indexOf(':');
                headers.put(
                        header.substring(0, colon).toLowerCase(Locale.ROOT),
                        header.substring(colon + 1).strip());
            }
            boolean chunked = headers.getOrDefault("transfer-encoding", "")
                    .toLowerCase(Locale.ROOT)
                    .contains("chunked");
            byte[] body = chunked ? chunks() : take(Integer.parseInt(headers.getOrDefault("content-length", "0")));
            return Optional.of(new Message(first.get(), headers, body));
        }

        private byte[] chunks() {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            while (true) {
                String size = line().orElse("");
                int length = size.isEmpty() ? 0 : Integer.parseInt(size.replaceAll(";.*", ""), 16);
                body.writeBytes(take(length));
                line(); // What ends the chunk; after the last one there are no trailers.
                if (length == 0) {
                    return body.toByteArray();
                }
            }
        }

        private byte[] take(int length) {
            int from = at;
            at = Math.min(bytes.length, at + length);
            return java.util.Arrays.copyOfRange(bytes, from, at);
        }

        /** The next line without its end; empty where it has none yet. */
        private Optional<String> line() {
            for (int end = at; end + 1 < bytes.length; end++) {
                if (bytes[end] == '\r' && bytes[end + 1] == '\n') {
                    String line = new String(bytes, at, end - at, StandardCharsets.ISO_8859_1);
                    at = end + 2;
                    return Optional.of(line);
                }
            }
            return Optional.empty();
        }
    }
}
