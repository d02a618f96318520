package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.UnauthorizedException;
import dev.martlet.access.Access;
import dev.martlet.access.ApiKeys;
import dev.martlet.access.KeyHash;
import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.EngineOptions;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that needs keys. */
@Timeout(120)
class ApiKeysIT {

    @TempDir
    private Path folder;

    private ServerRig start(Access access) {
        return ServerRig.start(ServerRig.config().withAccess(access), prompt -> "hello");
    }

    private Access file(String text) {
        try {
            Path file = Files.writeString(folder.resolve("keys"), text);
            return Access.open().withKeys(ApiKeys.of(List.of(), Optional.of(file)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static HttpResponse<String> ask(ServerRig rig, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(rig.uri(path))
                .POST(BodyPublishers.ofString(ServerRig.body("hi", "\"max_tokens\":9")));
        return rig.send((headers.length == 0 ? request : request.headers(headers)).build());
    }

    private static JsonObject error(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return ServerRig.json(response).getJsonObject("error");
    }

    @Test
    void shouldAnswerThoseWithAKeyAndRefuseOthersOnEveryRoute() {
        try (ServerRig rig = start(Access.open().withKeys(ApiKeys.of(List.of("sk-a", "sk-b"), Optional.empty())))) {
            String chat = "/v1/chat/completions";
            for (String key : List.of("sk-a", "sk-b")) {
                assertThat(ask(rig, chat, "Authorization", "Bearer " + key).statusCode())
                        .isEqualTo(200);
                assertThat(ask(rig, chat, "authorization", "bearer  " + key).statusCode())
                        .isEqualTo(200);
                assertThat(ask(rig, "/v1/messages", "x-api-key", key).statusCode())
                        .isEqualTo(200);
                assertThat(ask(rig, chat, "Authorization", "Bearer none", "x-api-key", key)
                                .statusCode())
                        .isEqualTo(200);
            }
            for (Routes.Route route : rig.server.answered()) {
                String path = route.path().replace("{+id}", "a/b");
                HttpResponse<String> response = rig.send(HttpRequest.newBuilder(rig.uri(path))
                        .method(route.method().text(), BodyPublishers.ofString("{}"))
                        .build());
                boolean open =
                        List.of("/health", "/ready", "/docs", "/openapi.json").contains(path);
                assertThat(response.statusCode()).as(path).isEqualTo(open ? 200 : 401);
            }
            for (String path : List.of("/nothing", "/v1", "/", "//v1/models", "/health/../v1/models", "/v1/models/")) {
                assertThat(rig.get(path).statusCode()).as(path).isEqualTo(401);
            }
            HttpResponse<String> wrongMethod = rig.send(HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                    .GET()
                    .build());
            assertThat(wrongMethod.statusCode()).isEqualTo(401);
        }
    }

    @Test
    void shouldRefuseInTheShapeOfEachWireAndTellNothingOfTheKey() {
        try (ServerRig rig = start(file(KeyHash.of("sk-right").written()))) {
            HttpResponse<String> without = ask(rig, "/v1/chat/completions");
            JsonObject error = error(without, 401);
            assertThat(error.getString("type")).isEqualTo("invalid_request_error");
            assertThat(error.getString("code")).isEqualTo("invalid_api_key");
            assertThat(error.isNull("param")).isTrue();
            assertThat(error.getString("message")).contains("Authorization: Bearer");
            assertThat(without.headers().firstValue("www-authenticate")).contains("Bearer");
            assertThat(without.headers().firstValue("x-request-id")).isPresent();
            HttpResponse<String> wrong = ask(rig, "/v1/chat/completions", "Authorization", "Bearer sk-wrong");
            assertThat(error(wrong, 401).getString("message")).doesNotContain("sk-");
            assertThat(error(wrong, 401).getString("code")).isEqualTo("invalid_api_key");
            JsonObject anthropic = error(ask(rig, "/v1/messages", "x-api-key", "sk-wrong"), 401);
            assertThat(anthropic.getString("type")).isEqualTo("authentication_error");
            assertThat(anthropic.containsKey("code")).isFalse();
            assertThat(error(ask(rig, "/v1/chat/completions", "Authorization", "Basic sk-right"), 401))
                    .isNotEmpty();
        }
    }

    @Test
    void shouldBeToldToAnSdkAsWhatItIs() {
        try (ServerRig rig = start(Access.open().withKeys(ApiKeys.of(List.of("sk-a"), Optional.empty())))) {
            OpenAIClient stranger = OpenAIOkHttpClient.builder()
                    .baseUrl(rig.uri("/v1").toString())
                    .apiKey("sk-stranger")
                    .build();
            assertThatThrownBy(() -> stranger.models().list())
                    .isInstanceOfSatisfying(
                            UnauthorizedException.class,
                            e -> assertThat(e.code()).contains("invalid_api_key"));
            OpenAIClient friend = OpenAIOkHttpClient.builder()
                    .baseUrl(rig.uri("/v1").toString())
                    .apiKey("sk-a")
                    .build();
            assertThat(friend.models().list().data()).hasSize(1);
        }
    }

    @Test
    void shouldAnswerStrangersWithALongBodyAndLetThemComeBack() {
        try (ServerRig rig = start(Access.open().withKeys(ApiKeys.of(List.of("sk-a"), Optional.empty())));
                RawClient client = rig.raw()) {
            client.post("a".repeat(20_000));
            assertThat(client.readUntil("\"invalid_api_key\"}}")).startsWith("HTTP/1.1 401");
            client.post("{}");
            assertThat(client.readUntil("\"invalid_api_key\"}}"))
                    .as("on the same connection")
                    .startsWith("HTTP/1.1 401");
            client.post("a".repeat(1_000_000));
            String last = client.readUntil("\"invalid_api_key\"}}");
            assertThat(last).startsWith("HTTP/1.1 401").containsIgnoringCase("Connection: close");
            assertThat(rig.server.running()).isZero();
        }
    }

    @Test
    void shouldShowFiguresToAnybodyOnlyWhereThatIsWanted() {
        Access closed = Access.open().withKeys(ApiKeys.of(List.of("sk-a"), Optional.empty()));
        try (ServerRig rig = start(closed.withOpenMetrics(true))) {
            assertThat(rig.get("/metrics").statusCode()).isEqualTo(200);
            assertThat(rig.get("/v1/engine").statusCode()).isEqualTo(200);
            assertThat(rig.get("/v1/models").statusCode()).isEqualTo(401);
        }
    }

    @Test
    void shouldReadTheFileAgainWhileItRuns() throws IOException {
        try (ServerRig rig = start(file("sk-old name=old\n"))) {
            assertThat(ask(rig, "/v1/messages", "x-api-key", "sk-old").statusCode())
                    .isEqualTo(200);
            Files.writeString(folder.resolve("keys"), "sk-new name=new-one\n");
            ServerRig.await(
                    "the new key",
                    () -> ask(rig, "/v1/messages", "x-api-key", "sk-new").statusCode() == 200);
            assertThat(ask(rig, "/v1/messages", "x-api-key", "sk-old").statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void shouldBoundWhatOneKeyMayTakeAndLetTheOthersIn() {
        Access access =
                file("sk-big name=big max-waiting=1\nsk-two name=two max-requests=1\nsk-low name=low priority=5\n");
        EngineOptions options = EngineOptions.defaults().withMaxSequences(1);
        try (ServerRig rig = new ServerRig(
                        ServerRig.config().withAccess(access),
                        options,
                        (prompt, tokens, length, output) -> output < 3 ? 'a' : ByteTokens.END);
                RawClient first = rig.raw();
                RawClient second = rig.raw();
                RawClient other = rig.raw();
                RawClient low = rig.raw()) {
            Gate gate = rig.gate();
            post(first, "sk-big", "");
            ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            post(second, "sk-big", "");
            ServerRig.await("a waiting request", () -> rig.server.running() == 2);
            HttpResponse<String> refused = ask(rig, "/v1/chat/completions", "Authorization", "Bearer sk-big");
            assertThat(error(refused, 429).getString("code")).isEqualTo("key_queue_full");
            assertThat(refused.headers().firstValue("retry-after-ms")).isPresent();
            post(other, "sk-two", "");
            ServerRig.await("another's request", () -> rig.server.running() == 3);
            HttpResponse<String> busy = ask(rig, "/v1/chat/completions", "Authorization", "Bearer sk-two");
            assertThat(error(busy, 429).getString("code")).isEqualTo("key_requests_full");
            post(low, "sk-low", ",\"priority\":-100");
            ServerRig.await("one that is not to push in", () -> rig.server.running() == 4);
            gate.open();
            assertThat(low.readAll()).startsWith("HTTP/1.1 200").containsIgnoringCase("x-martlet-ignored: priority");
            assertThat(first.readAll()).startsWith("HTTP/1.1 200");
            assertThat(second.readAll()).startsWith("HTTP/1.1 200");
            assertThat(other.readAll()).startsWith("HTTP/1.1 200");
            assertThat(ask(rig, "/v1/chat/completions", "Authorization", "Bearer sk-two")
                            .statusCode())
                    .as("its place is free again")
                    .isEqualTo(200);
            HttpResponse<String> metrics = rig.send(HttpRequest.newBuilder(rig.uri("/metrics"))
                    .header("Authorization", "Bearer sk-big")
                    .build());
            assertThat(metrics.body()).contains("martlet_requests_rejected_total{reason=\"key\"} 1.0");
        }
    }

    private static void post(RawClient client, String key, String members) {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" + members + "}";
        client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key
                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }
}
