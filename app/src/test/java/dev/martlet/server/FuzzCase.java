package dev.martlet.server;

import io.helidon.http.Method;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * What one client sends over one connection, and what it may expect.
 *
 * @param bytes sent in order, in these pieces
 * @param requests those that are whole and so must be answered, in order, up to the first answer that closes
 */
record FuzzCase(String what, List<byte[]> bytes, Ending ending, List<Request> requests) {

    /** What the client does when all is sent. */
    enum Ending {
        /** Waits for the answers. */
        STAY,
        /** Sends no more, and reads what comes until the server closes. */
        HALF_CLOSE,
        CLOSE,
        RESET
    }

    /** A request as its answer's reader has to know it. */
    record Request(String method, String path, boolean hasDeadline) {

        boolean isAnthropic() {
            return path.equals("/v1/messages") || path.equals("/v1/messages/count_tokens");
        }

        /** Whether it is left open which endpoint the path is of, or what is requested. */
        boolean isOdd() {
            return !path.matches("[a-z0-9_./-]+") || path.contains("//") || path.contains("..") || path.endsWith("/");
        }
    }

    private static final List<String> METHODS =
            List.of("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW", "get", "CONNECT");

    private static final List<String> TYPES = List.of(
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=utf-16",
            "text/plain",
            "application/xml",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            "nonsense",
            ";;;",
            "a/b/c",
            "application/json, text/plain",
            "*/*");

    private static final List<String> HEADERS = List.of(
            "Accept: application/json",
            "Accept: text/event-stream",
            "Accept: nonsense;q=x",
            "Accept-Encoding: gzip, br;q=0",
            "Authorization: Bearer abc",
            "Authorization: Basic !!!",
            "Authorization:",
            "x-api-key: k",
            "x-request-id: \u00e9\u00ff",
            "x-request-id: " + "i".repeat(3_000),
            "Origin: http://evil.example",
            "Cookie: a=b; c",
            "Connection: close",
            "Connection: keep-alive, x",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13",
            "Range: bytes=0-1",
            "If-None-Match: *",
            "X-Forwarded-For: 1.2.3.4, garbage",
            "X-Forwarded-Host: [::1",
            "Forwarded: for=\"_x\";;by=",
            "traceparent: 00-zz",
            "anthropic-version: 2023-06-01",
            "Te: trailers",
            "Trailer: x",
            "Max-Forwards: -1",
            "Date: yesterday");

    private static final List<String> DEADLINES =
            List.of("1", "5", "50", "5000", "0", "-1", "abc", "99999999999", "1e3", "");

    /** Sends a few requests, with what can go wrong between a client and a server. */
    static FuzzCase next(Random random, List<Routes.Route> routes) {
        return switch (random.nextInt(40)) {
            case 0 -> FuzzHttp.broken(random);
            case 1 -> FuzzHttp.flood(random);
            case 2 -> FuzzHttp.badChunks(random);
            case 3 -> FuzzHttp.lyingLength(random);
            case 4, 5 -> cut(random, routes);
            case 6, 7 -> pipelined(random, routes);
            default -> single(random, routes);
        };
    }

    private static FuzzCase single(Random random, List<Routes.Route> routes) {
        List<byte[]> bytes = new ArrayList<>();
        Request request = request(random, routes, bytes);
        Ending ending = random.nextInt(30) == 0 ? Ending.HALF_CLOSE : Ending.STAY;
        return new FuzzCase("single", pieces(bytes, random), ending, List.of(request));
    }

    private static FuzzCase pipelined(Random random, List<Routes.Route> routes) {
        List<byte[]> bytes = new ArrayList<>();
        List<Request> requests = new ArrayList<>();
        for (int i = 2 + random.nextInt(6); i > 0; i--) {
            requests.add(request(random, routes, bytes));
        }
        return new FuzzCase("pipelined", pieces(bytes, random), Ending.STAY, requests);
    }

    /** The client goes in the middle. */
    private static FuzzCase cut(Random random, List<Routes.Route> routes) {
        List<byte[]> bytes = new ArrayList<>();
        Request request = request(random, routes, bytes);
        byte[] all = joined(bytes);
        boolean whole = random.nextBoolean();
        byte[] sent = whole ? all : java.util.Arrays.copyOf(all, random.nextInt(all.length));
        Ending ending = List.of(Ending.HALF_CLOSE, Ending.CLOSE, Ending.RESET).get(random.nextInt(3));
        return new FuzzCase(
                "cut",
                pieces(List.of(sent), random),
                ending,
                whole && ending != Ending.CLOSE ? List.of(request) : List.of());
    }

    private static Request request(Random random, List<Routes.Route> routes, List<byte[]> bytes) {
        Routes.Route route = routes.get(random.nextInt(routes.size()));
        if (random.nextInt(3) > 0) {
            List<Routes.Route> posts =
                    routes.stream().filter(r -> r.method().equals(Method.POST)).toList();
            route = posts.get(random.nextInt(posts.size()));
        }
        String method = random.nextInt(15) == 0
                ? METHODS.get(random.nextInt(METHODS.size()))
                : route.method().text();
        String path = path(route.path().replace("{+id}", ServerRig.MODEL), random);
        StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
        boolean deadline = random.nextInt(12) == 0;
        if (deadline) {
            head.append("x-request-timeout-ms: ")
                    .append(DEADLINES.get(random.nextInt(DEADLINES.size())))
                    .append("\r\n");
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            head.append(HEADERS.get(random.nextInt(HEADERS.size()))).append("\r\n");
        }
        boolean hasBody = route.method().equals(Method.POST) || random.nextInt(10) == 0;
        byte[] body = hasBody ? FuzzBodies.hostile(route.path(), random) : new byte[0];
        if (hasBody && random.nextInt(4) > 0) {
            head.append("Content-Type: ")
                    .append(TYPES.get(random.nextInt(3) > 0 ? 0 : random.nextInt(TYPES.size())))
                    .append("\r\n");
        }
        if (hasBody && random.nextInt(25) == 0) {
            body = encoded(body, head, random);
        }
        if (hasBody && random.nextInt(20) == 0) {
            head.append("Expect: 100-continue\r\n");
        }
        if (hasBody && random.nextInt(6) == 0) {
            bytes.add((head + "Transfer-Encoding: chunked\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
            bytes.add(chunked(body, random));
        } else {
            String length = hasBody || random.nextBoolean() ? "Content-Length: " + body.length + "\r\n" : "";
            bytes.add((head + length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            bytes.add(body);
        }
        return new Request(method, path, deadline);
    }

    private static String path(String path, Random random) {
        return switch (random.nextInt(40)) {
            case 0 -> path + "/";
            case 1 -> "/" + path;
            case 2 -> path + "?a=b&c=%00&model=x";
            case 3 -> path + "/../../etc/passwd";
            case 4 -> path + "%2e%2e%2f";
            case 5 -> path + "%00";
            case 6 -> path + "%zz";
            case 7 -> path + "%ff%fe";
            case 8 -> path + "#fragment";
            case 9 -> "/" + "p".repeat(1_500);
            case 10 -> path.toUpperCase(java.util.Locale.ROOT);
            case 11 -> path + ";x=y";
            default -> path;
        };
    }

    /** The body in a content encoding that the head names, which it may or may not be in. */
    private static byte[] encoded(byte[] body, StringBuilder head, Random random) {
        String encoding =
                List.of("gzip", "deflate", "br", "identity", "nonsense").get(random.nextInt(5));
        head.append("Content-Encoding: ").append(encoding).append("\r\n");
        if (!encoding.equals("gzip") || random.nextInt(4) == 0) {
            return body;
        }
        try {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
                out.write(body);
            }
            return packed.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] chunked(byte[] body, Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        while (at < body.length) {
            int size = Math.min(body.length - at, 1 + random.nextInt(random.nextBoolean() ? 5 : 2_000));
            out.writeBytes((Integer.toHexString(size) + (random.nextInt(30) == 0 ? ";ext=1" : "") + "\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            out.write(body, at, size);
            out.writeBytes(new byte[] {'\r', '\n'});
            at += size;
        }
        out.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        return out.toByteArray();
    }

    static byte[] joined(List<byte[]> parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        parts.forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** The same bytes, mostly at once, sometimes in pieces. */
    static List<byte[]> pieces(List<byte[]> parts, Random random) {
        byte[] all = joined(parts);
        if (random.nextInt(8) > 0 || all.length == 0) {
            return List.of(all);
        }
        List<byte[]> pieces = new ArrayList<>();
        int at = 0;
        while (at < all.length && pieces.size() < 8) {
            int size = Math.min(all.length - at, 1 + random.nextInt(all.length));
            pieces.add(java.util.Arrays.copyOfRange(all, at, at + size));
            at += size;
        }
        pieces.add(java.util.Arrays.copyOfRange(all, at, all.length));
        return pieces;
    }
}
