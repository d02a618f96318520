package dev.martlet.server;

import dev.martlet.server.FuzzCase.Ending;
import dev.martlet.server.FuzzCase.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** What is no HTTP, or HTTP that says one thing and does another. */
final class FuzzHttp {
    private static final String PATH = "/v1/chat/completions";
    private static final String BODY = ServerRig.body("hi", "\"max_tokens\":4");
    private static final String HEAD = "POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\n";

    /** Each is answered or not: what is no request has no right to an answer, what is one has. */
    private static final List<String> BROKEN = List.of(
            "GET /health\r\n\r\n",
            "GET /health HTTP/1.0\r\n\r\n",
            "GET /health HTTP/2.0\r\nHost: a\r\n\r\n",
            "GET /health HTTP/9.9\r\nHost: a\r\n\r\n",
            "GET  /health HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /hea lth HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /health HTTP/1.1\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: [::1\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: a b\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: a\r\nNoColon\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: a\r\nx: y\r\n folded\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: a\r\nx: \u0000\r\n\r\n",
            "GET /health HTTP/1.1\nHost: a\n\n",
            "GET http://other.example/health HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            "CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u00e9\u00ff HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /health?\u0000 HTTP/1.1\r\nHost: a\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000",
            "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000\u00a1\u0003\u0003" + "r".repeat(160) + "\r\n\r\n",
            "\r\n\r\n\r\n",
            "\u0000\u0000\u0000\u0000\r\n\r\n",
            "x".repeat(30_000) + "\r\n\r\n",
            HEAD + "Content-Length: x\r\n\r\n" + BODY,
            HEAD + "Content-Length: -5\r\n\r\n" + BODY,
            HEAD + "Content-Length: 99999999999999999999\r\n\r\n" + BODY,
            HEAD + "Content-Length: 3, 3\r\n\r\n" + BODY,
            HEAD + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n" + BODY,
            HEAD + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            HEAD + "Transfer-Encoding: gzip\r\n\r\n" + BODY,
            HEAD + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            HEAD + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
            HEAD + "Expect: nonsense\r\nContent-Length: 2\r\n\r\n{}");

    private FuzzHttp() {}

    /** Not answered if it is not even the beginning of a request; the client then closes its side. */
    static FuzzCase broken(Random random) {
        String text = BROKEN.get(random.nextInt(BROKEN.size()));
        return sent("broken " + text.lines().findFirst().orElse(""), text, Ending.HALF_CLOSE, false, random);
    }

    /** More of the head than anybody reads. */
    static FuzzCase flood(Random random) {
        StringBuilder head = new StringBuilder(HEAD);
        int kind = random.nextInt(4);
        switch (kind) {
            case 0 -> {
                for (int i = 0; i < 100 << random.nextInt(6); i++) {
                    head.append("x-header-").append(i).append(": ").append(i).append("\r\n");
                }
            }
            case 1 ->
                head.append("x: ")
                        .append("v".repeat(1_000 << random.nextInt(9)))
                        .append("\r\n");
            case 2 -> head.append("n".repeat(1_000 << random.nextInt(9))).append(": v\r\n");
            default -> head.insert(5, "p".repeat(1_000 << random.nextInt(9)));
        }
        head.append("Content-Length: ").append(BODY.length()).append("\r\n\r\n").append(BODY);
        return sent("flood " + kind, head.toString(), Ending.STAY, true, random);
    }

    static FuzzCase badChunks(Random random) {
        List<String> bodies = List.of(
                "zz\r\n" + BODY + "\r\n0\r\n\r\n",
                "-5\r\n" + BODY + "\r\n0\r\n\r\n",
                "ffffffffffffffff\r\n" + BODY,
                "7fffffff\r\n" + BODY,
                "5\r\n" + BODY + "\r\n0\r\n\r\n",
                "\r\n" + BODY,
                "0x5\r\n12345\r\n0\r\n\r\n",
                "5 \r\n12345\r\n0\r\n\r\n",
                "1".repeat(50_000) + "\r\n",
                "5;" + "e".repeat(50_000) + "\r\n12345\r\n0\r\n\r\n",
                Integer.toHexString(BODY.length()) + "\r\n" + BODY + "\r\n0\r\nTrailer: x\r\n\r\n",
                Integer.toHexString(BODY.length()) + "\r\n" + BODY + "\r\n0\r\n",
                Integer.toHexString(BODY.length()) + "\r\n" + BODY + "0\r\n\r\n",
                Integer.toHexString(BODY.length()) + "\n" + BODY + "\n0\n\n");
        int kind = random.nextInt(bodies.size());
        return sent(
                "chunks " + kind,
                HEAD + "Transfer-Encoding: chunked\r\n\r\n" + bodies.get(kind),
                Ending.HALF_CLOSE,
                false,
                random);
    }

    /** A length that is not the body's: what is left over is no request, what is missing never comes. */
    static FuzzCase lyingLength(Random random) {
        int length = Math.max(0, BODY.length() + random.nextInt(-40, 40));
        boolean waits = length <= BODY.length();
        return sent(
                "length " + (length - BODY.length()),
                HEAD + "Content-Length: " + length + "\r\n\r\n" + BODY,
                waits ? Ending.STAY : Ending.HALF_CLOSE,
                waits,
                random);
    }

    private static FuzzCase sent(String what, String text, Ending ending, boolean answered, Random random) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return new FuzzCase(
                what,
                FuzzCase.pieces(List.of(bytes), random),
                ending,
                answered ? List.of(new Request("POST", PATH, false)) : List.of());
    }
}
