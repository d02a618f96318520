package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad requests over HTTP: each answered in the wire's shape, and the server still there. */
@Timeout(120)
class BadRequestIT {
    private static ServerRig rig;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> "ok");
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @AfterEach
    void shouldStillAnswer() {
        assertThat(rig.post(ServerRig.body("hi", "")).statusCode()).isEqualTo(200);
    }

    private static JsonObject error(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(response.headers().firstValue("x-request-id")).isPresent();
        JsonObject error = ServerRig.json(response).getJsonObject("error");
        assertThat(error.keySet()).containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(error.getString("message")).isNotBlank();
        return error;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "nonsense", "5", "null"})
    void shouldRefuseWhatIsNoObject(String body) {
        JsonObject error = error(rig.post(body), 400);
        assertThat(error.getString("type")).isEqualTo("invalid_request_error");
        assertThat(error.get("param")).isEqualTo(JsonValue.NULL);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"messages":[]}                                                                         | messages
            {"messages":[{"role":"wizard","content":"x"}]}                                          | messages[0].role
            {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"x"}]}         | messages[1].role
            {"messages":[{"role":"user","content":"x"}],"temperature":9}                            | temperature
            {"messages":[{"role":"user","content":"x"}],"n":0,"stream":true}                        | n
            {"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{}}]} | tools[0].function.name
            """)
    void shouldNameTheField(String body, String param) {
        assertThat(error(rig.post(body), 400).getString("param")).isEqualTo(param);
    }

    @Test
    void shouldRefuseInvalidUtf8() {
        byte[] body = ServerRig.body("?", "").getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < body.length; i++) {
            body[i] = body[i] == '?' ? (byte) 0xFF : body[i];
        }
        error(
                rig.send(HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build()),
                400);
    }

    @Test
    void shouldRefuseAPromptBeyondTheContext() {
        JsonObject error = error(rig.post(ServerRig.body("x".repeat(20_000), "\"stream\":true")), 400);
        assertThat(error.getString("code")).isEqualTo("context_length_exceeded");
        assertThat(error.getString("param")).isEqualTo("messages");
        int most = 16_384 - ServerRig.promptTokens("");
        error(rig.post(ServerRig.body("x".repeat(most), "")), 400);
        assertThat(rig.post(ServerRig.body("x".repeat(most - 1), "")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void shouldRefuseBodiesBeyondTheLimit() {
        byte[] body = new byte[33_000_000];
        Arrays.fill(body, (byte) ' ');
        JsonObject error = error(
                rig.send(HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build()),
                413);
        assertThat(error.getString("code")).isEqualTo("request_too_large");
        error(
                rig.send(HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                        .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body)))
                        .build()),
                413);
    }

    @Test
    void shouldRefuseABodyBeyondTheLimitBeforeItIsSent() {
        try (RawClient client = rig.raw()) {
            assertThat(client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                                    + "Content-Length: 33000000\r\n\r\n")
                            .readUntil("\"request_too_large\"}}"))
                    .startsWith("HTTP/1.1 413");
        }
        try (RawClient client = rig.raw()) {
            assertThat(client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                                    + "Content-Length: 99999999999\r\n\r\n")
                            .readUntil("\"request_too_large\"}}"))
                    .startsWith("HTTP/1.1 413");
        }
    }

    @Test
    void shouldContinueWhenAsked() {
        String body = ServerRig.body("hi", "");
        try (RawClient client = rig.raw()) {
            client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                            + "Content-Length: " + body.length() + "\r\n\r\n")
                    .readUntil("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(client.send(body).readAll()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void shouldTellWrongPathsAndMethods() {
        assertThat(error(rig.get("/nowhere"), 404).getString("code")).isEqualTo("not_found");
        assertThat(error(rig.get("/v1/%22quoted%0Aline"), 404).getString("code"))
                .isEqualTo("not_found");
        HttpResponse<String> get = rig.get("/v1/chat/completions");
        assertThat(error(get, 405).getString("code")).isEqualTo("method_not_allowed");
        assertThat(get.headers().firstValue("allow")).contains("POST");
        for (String path : new String[] {"/v1/models", "/v1/models/x", "/health"}) {
            error(rig.send(HttpRequest.newBuilder(rig.uri(path)).DELETE().build()), 405);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /health HTTP/1.1\r\n\r\n",
                "GET /hea lth HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /health HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
                "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
                "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            })
    void shouldAnswerBadHttpInTheSameShape(String request) {
        try (RawClient client = rig.raw()) {
            String answer = client.send(request).readUntil("}}");
            assertThat(answer).matches("(?s)HTTP/1.1 [45]\\d\\d .*");
            assertThat(answer).contains("\r\n\r\n{\"error\":{\"message\":\"");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            400 | Content-Length: -5
            400 | Content-Length: 2, 2
            400 | Content-Length: 2#Content-Length: 2
            400 | Content-Length: 2#Transfer-Encoding: chunked
            400 | Transfer-Encoding: gzip
            400 | Transfer-Encoding: gzip, chunked
            400 | Transfer-Encoding: chunked#Transfer-Encoding: chunked
            404 | Connection: close
            404 | connection: keep-alive, Close
            """)
    void shouldCloseWhereNoRequestCanFollow(int status, String headers) {
        try (RawClient client = rig.raw()) {
            String answer = client.send(
                            "POST /nowhere HTTP/1.1\r\nHost: a\r\n" + headers.replace("#", "\r\n") + "\r\n\r\n")
                    .readAll();
            assertThat(answer)
                    .startsWith("HTTP/1.1 " + status)
                    .containsIgnoringCase("\r\nConnection: close\r\n")
                    .contains("{\"error\":{\"message\":");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            505 | GET /health HTTP/1.0
            405 | CONNECT other.example:443 HTTP/1.1
            400 | no request at all
            """)
    void shouldAnswerWhatIsNoRequestOfOurs(int status, String line) {
        try (RawClient client = rig.raw()) {
            assertThat(client.send(line + "\r\nHost: a\r\n\r\n").readUntil("}}"))
                    .startsWith("HTTP/1.1 " + status)
                    .contains("\r\n\r\n{\"error\":{\"message\":");
        }
    }

    @Test
    void shouldKeepRequestsApartWhateverItMakesOfTheirBodies() {
        String[] firsts = {
            "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n"
                    + "GET /metrics HTTP/1.1\r\n\r\n".repeat(2).substring(0, 40),
            "POST /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n",
            "HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"
        };
        for (String first : firsts) {
            try (RawClient client = rig.raw()) {
                client.send(first + "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                String head = client.readUntil("\r\n\r\n");
                assertThat(head).startsWith("HTTP/1.1 40");
                String rest = client.readAll();
                assertThat(first.startsWith("HEAD") ? rest : rest.substring(rest.indexOf("}}") + 2))
                        .startsWith("HTTP/1.1 200")
                        .endsWith("{\"status\":\"ok\"}");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"3;ext=1\r\nabc\r\n0\r\n\r\n", "3\nabc\n0\n\n", "3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"})
    void shouldCloseAfterChunksThatItCannotRead(String chunks) {
        for (String request : new String[] {"POST /nowhere", "POST /tokenize", "POST /v1/completions", "GET /health"}) {
            try (RawClient client = rig.raw()) {
                client.send(request + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
                assertThat(client.readAll())
                        .matches("(?s)HTTP/1.1 (400|404|200) .*")
                        .containsIgnoringCase("\r\nConnection: close\r\n");
            }
        }
    }

    @Test
    void shouldAnswerAFirstLineThatNeverEnds() {
        try (RawClient client = rig.raw()) {
            client.send("GET /" + "p".repeat(500_000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.readUntil("}}")).startsWith("HTTP/1.1 414");
        }
    }

    @Test
    void shouldNotTakeAHeadThatEndsEarlyForItsOwnFailure() {
        try (RawClient client = rig.raw()) {
            assertThat(client.send("GET /health HTTP/1.1\r\nHost: a")
                            .halfClose()
                            .readAll())
                    .startsWith("HTTP/1.1 400");
        }
    }

    @Test
    void shouldAnswerBadHttpInAnthropicsShapeOnItsPaths() {
        for (String path : new String[] {"/v1/messages", "/v1/messages/count_tokens", "/v1/messages?beta=true"}) {
            try (RawClient client = rig.raw()) {
                assertThat(client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n"
                                        + "Content-Length: 2\r\n\r\n{}")
                                .readUntil("}}"))
                        .startsWith("HTTP/1.1 400")
                        .contains("\r\n\r\n{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"");
            }
        }
    }

    @Test
    void shouldRefuseOtherModelsWhenStrict() {
        try (ServerRig strict = ServerRig.start(ServerRig.config().withStrictModel(true), prompt -> "ok")) {
            for (String members : new String[] {"\"model\":\"gpt-4o\"", ""}) {
                JsonObject error = error(strict.post(ServerRig.body("hi", members)), 404);
                assertThat(error.getString("code")).isEqualTo("model_not_found");
                assertThat(error.getString("param")).isEqualTo("model");
            }
            assertThat(strict.post(ServerRig.body("hi", "\"model\":\"" + ServerRig.MODEL + "\""))
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void shouldLetOnlyNamedOriginsIn() {
        ServerConfig config = ServerRig.config().withCorsOrigins(java.util.List.of("http://page.example"));
        try (ServerRig cors = ServerRig.start(config, prompt -> "ok");
                RawClient client = cors.raw()) {
            String preflight = client.send("OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: a\r\n"
                            + "Origin: http://page.example\r\nAccess-Control-Request-Method: POST\r\n"
                            + "Access-Control-Request-Headers: authorization,content-type\r\n\r\n")
                    .readUntil("\r\n\r\n");
            assertThat(preflight)
                    .startsWith("HTTP/1.1 204")
                    .containsIgnoringCase("Access-Control-Allow-Origin: http://page.example")
                    .containsIgnoringCase("Access-Control-Allow-Headers: authorization,content-type");
            String other = client.send("GET /health HTTP/1.1\r\nHost: a\r\nOrigin: http://evil.example\r\n\r\n")
                    .readUntil("\"}");
            assertThat(other).startsWith("HTTP/1.1 200").doesNotContainIgnoringCase("access-control");
        }
    }
}
