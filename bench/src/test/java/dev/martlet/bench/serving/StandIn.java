package dev.martlet.bench.serving;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A server that answers as it is told: one piece of text a word of the user's message, then the usage. As a program it
 * takes a port and a manner: {@code serve}, or {@code fail} to end at once.
 */
final class StandIn implements AutoCloseable {
    private final ServerSocket socket;

    StandIn(int port) throws IOException {
        socket = new ServerSocket(port, 64, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    public static void main(String[] args) throws Exception {
        if (args[1].equals("fail")) {
            System.out.println("no such model");
            System.exit(3);
        }
        new StandIn(Integer.parseInt(args[0]));
        Thread.currentThread().join();
    }

    /** The command that runs this as a program. */
    static List<String> command(int port, String manner) {
        return List.of(
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                System.getProperty("java.class.path"),
                StandIn.class.getName(),
                Integer.toString(port),
                manner);
    }

    int port() {
        return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                Thread.ofVirtual().start(() -> answer(connection));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private static void answer(Socket connection) {
        try (connection) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
            String request = in.readLine();
            int length = 0;
            for (String field = in.readLine(); !field.isEmpty(); field = in.readLine()) {
                if (field.startsWith("Content-Length: ")) {
                    length = Integer.parseInt(field.substring(16));
                }
            }
            char[] body = new char[length];
            for (int got = 0; got < length; ) {
                got += in.read(body, got, length - got);
            }
            String answer = request.startsWith("GET /health") ? "HTTP/1.1 200 OK\r\n\r\n" : answer(new String(body));
            connection.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
            if (answer.endsWith("\n\n: wait\n\n")) {
                in.read(); // until the client hangs up
            }
        } catch (IOException e) {
            return; // the client has gone
        }
    }

    private static String answer(String body) {
        String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        String user = body.replaceAll("(?s).*\"role\":\"user\",\"content\":\"([^\"]*)\".*", "$1");
        if (user.equals("refuse")) {
            return "HTTP/1.1 429 Too Many Requests\r\n\r\n{\"error\":{\"message\":\"full\"}}";
        }
        StringBuilder events = new StringBuilder(head);
        events.append(delta("\"role\":\"assistant\",\"content\":\"\""));
        String[] words = user.split(" ");
        for (String word : words) {
            events.append(delta("\"content\":\"" + word + "\""));
        }
        return switch (user) {
            case "hang" -> events + ": wait\n\n";
            case "break" -> events.toString();
            case "spoil" -> events + "data: {\"error\":{\"message\":\"broken\"}}\n\n";
            default -> events + usage(words.length) + "data: [DONE]\n\n";
        };
    }

    private static String delta(String fields) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{" + fields + "}}],\"usage\":null}\n\n";
    }

    private static String usage(int output) {
        return "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":" + output
                + ",\"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\n";
    }
}
