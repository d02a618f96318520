package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.martlet.embedding.EmbedderOptions;
import dev.martlet.engine.EngineOptions;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.Status;
import jakarta.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Embeddings and rankings over HTTP, of a scripted model: a token per byte, vectors of length, first byte and 1. */
@Timeout(120)
class VectorsIT {
    private static final String EMBED = "/v1/embeddings";

    private ServerRig rig = rig(ServerRig.config(), EmbedderOptions.defaults());

    private static ServerRig rig(ServerConfig config, EmbedderOptions options) {
        return new ServerRig(config, EngineOptions.defaults(), options, (prompt, tokens, length, output) -> 'a');
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private void restart(ServerConfig config, EmbedderOptions options) {
        rig.close();
        rig = rig(config, options);
    }

    private JsonObject ask(String path, String body) {
        HttpResponse<String> response = rig.post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        return ServerRig.json(response);
    }

    private static JsonObject error(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return ServerRig.json(response).getJsonObject("error");
    }

    /** Keeps the embedder at one sequence until the gate opens. */
    private RawClient busy() {
        rig.vectors.hold();
        RawClient first = rig.raw().post(EMBED, "{\"input\":\"first\"}");
        ServerRig.await("the first batch", rig.vectors::holds);
        return first;
    }

    @Test
    void shouldEmbedEveryFormOfInput() {
        assertThat(ask(EMBED, "{\"input\":\"abc\",\"model\":\"any\",\"user\":\"me\"}")
                        .toString())
                .isEqualTo("{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,"
                        + "\"embedding\":[3.0,97.0,1.0]}],\"model\":\"scripted/model-1\","
                        + "\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}");
        JsonObject texts = ask(EMBED, "{\"input\":[\"abc\",\"é<|mark|>\"]}");
        assertThat(texts.getJsonArray("data").getJsonObject(1).toString())
                .contains("\"index\":1,\"embedding\":[10.0,195.0,1.0]");
        assertThat(texts.getJsonObject("usage").getInt("total_tokens")).isEqualTo(13);
        assertThat(ask(EMBED, "{\"input\":[5,6]}").toString()).contains("[2.0,5.0,1.0]");
        assertThat(ask(EMBED, "{\"input\":[[5,6],[7]]}").toString())
                .contains("[2.0,5.0,1.0]")
                .contains("[1.0,7.0,1.0]");
    }

    @Test
    void shouldWriteBase64() {
        String text = ask(EMBED, "{\"input\":\"abc\",\"encoding_format\":\"base64\"}")
                .getJsonArray("data")
                .getJsonObject(0)
                .getString("embedding");
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.remaining()).isEqualTo(12);
        assertThat(new float[] {bytes.getFloat(), bytes.getFloat(), bytes.getFloat()})
                .containsExactly(3, 97, 1);
    }

    @Test
    void shouldShortenVectors() {
        var shortened = ask(EMBED, "{\"input\":[[4,0,0]],\"dimensions\":2}")
                .getJsonArray("data")
                .getJsonObject(0)
                .getJsonArray("embedding");
        assertThat(shortened).hasSize(2);
        assertThat(shortened.getJsonNumber(0).doubleValue()).isCloseTo(0.6, within(1e-6));
        assertThat(shortened.getJsonNumber(1).doubleValue()).isCloseTo(0.8, within(1e-6));
        assertThat(ask(EMBED, "{\"input\":\"abc\",\"dimensions\":3}").toString())
                .contains("[3.0,97.0,1.0]");
        assertThat(error(rig.post(EMBED, "{\"input\":\"abc\",\"dimensions\":4}"), 400)
                        .getString("param"))
                .isEqualTo("dimensions");
    }

    @ParameterizedTest
    @CsvSource({"/v1/rerank", "/rerank"})
    void shouldRank(String path) {
        JsonObject answer = ask(
                path,
                "{\"query\":\"a\",\"documents\":[\"b\",{\"text\":\"aab\"},\"ab\",\"c\"],\"return_documents\":true}");
        assertThat(answer.getString("object")).isEqualTo("list");
        assertThat(answer.getString("id")).startsWith("rerank-");
        assertThat(answer.getJsonArray("results").getValuesAs(JsonObject.class))
                .extracting(result -> result.getInt("index"))
                .containsExactly(1, 2, 0, 3);
        JsonObject best = answer.getJsonArray("results").getJsonObject(0);
        assertThat(best.getJsonObject("document").getString("text")).isEqualTo("aab");
        assertThat(best.getJsonNumber("relevance_score").doubleValue()).isCloseTo(1 / (1 + Math.exp(-2)), within(1e-6));
        assertThat(answer.getJsonObject("usage").getInt("prompt_tokens")).isEqualTo(11);
        JsonObject top = ask(path, "{\"query\":\"a\",\"documents\":[\"b\",\"a\"],\"top_n\":1}");
        assertThat(top.getJsonArray("results")).hasSize(1);
        assertThat(top.getJsonArray("results").getJsonObject(0)).doesNotContainKey("document");
        assertThat(ask(path, "{\"query\":\"a\",\"documents\":[\"\"],\"top_n\":9}")
                        .getJsonArray("results"))
                .hasSize(1);
    }

    @ParameterizedTest(name = "{0} {1} -> {2}")
    @CsvSource(delimiter = ';', quoteCharacter = '~', textBlock = """
            /v1/embeddings;{};input
            /v1/embeddings;{"input":null};input
            /v1/embeddings;{"input":5};input
            /v1/embeddings;{"input":{}};input
            /v1/embeddings;{"input":""};input
            /v1/embeddings;{"input":[]};input
            /v1/embeddings;{"input":[[]]};input[0]
            /v1/embeddings;{"input":["a",""]};input[1]
            /v1/embeddings;{"input":["a",5]};input[1]
            /v1/embeddings;{"input":[5,"a"]};input[1]
            /v1/embeddings;{"input":[null]};input[0]
            /v1/embeddings;{"input":[258]};input[0]
            /v1/embeddings;{"input":[-1]};input[0]
            /v1/embeddings;{"input":[1.5]};input[0]
            /v1/embeddings;{"input":[[5],[5,258]]};input[1][1]
            /v1/embeddings;{"input":[[5],["a"]]};input[1][0]
            /v1/embeddings;{"input":"a","encoding_format":"int8"};encoding_format
            /v1/embeddings;{"input":"a","encoding_format":5};encoding_format
            /v1/embeddings;{"input":"a","dimensions":0};dimensions
            /v1/embeddings;{"input":"a","dimensions":1.5};dimensions
            /v1/embeddings;{"input":"a","dimensions":"3"};dimensions
            /v1/embeddings;{"input":"a","user":5};user
            /v1/embeddings;{"input":"a","model":5};model
            /v1/rerank;{};query
            /v1/rerank;{"query":"q"};documents
            /v1/rerank;{"documents":["a"]};query
            /v1/rerank;{"query":5,"documents":["a"]};query
            /v1/rerank;{"query":"","documents":["a"]};query
            /v1/rerank;{"query":"q","documents":[]};documents
            /v1/rerank;{"query":"q","documents":"a"};documents
            /v1/rerank;{"query":"q","documents":["a",5]};documents[1]
            /v1/rerank;{"query":"q","documents":[{"txt":"a"}]};documents[0].text
            /v1/rerank;{"query":"q","documents":[{"text":5}]};documents[0].text
            /v1/rerank;{"query":"q","documents":["a"],"top_n":0};top_n
            /v1/rerank;{"query":"q","documents":["a"],"top_n":"1"};top_n
            /v1/rerank;{"query":"q","documents":["a"],"return_documents":1};return_documents
            /v1/rerank;{"query":"q","documents":["a"],"model":1};model
            """)
    void shouldNameTheFieldAtFault(String path, String body, String param) {
        JsonObject error = error(rig.post(path, body), 400);
        assertThat(error.getString("param")).isEqualTo(param);
        assertThat(error.getString("type")).isEqualTo("invalid_request_error");
        assertThat(rig.vectors.batches()).isEmpty();
    }

    @Test
    void shouldRefuseWhatIsTooLong() {
        JsonObject error = error(rig.post(EMBED, "{\"input\":[\"a\",\"" + "x".repeat(101) + "\"]}"), 400);
        assertThat(error.getString("param")).isEqualTo("input[1]");
        assertThat(error.getString("code")).isEqualTo("context_length_exceeded");
        assertThat(error.getString("message")).contains("101").contains("100");
        error = error(rig.post("/v1/rerank", "{\"query\":\"q\",\"documents\":[\"" + "x".repeat(100) + "\"]}"), 400);
        assertThat(error.getString("param")).isEqualTo("documents[0]");
        String many = "\"x\",".repeat(2_048) + "\"x\"";
        assertThat(error(rig.post(EMBED, "{\"input\":[" + many + "]}"), 400).getString("param"))
                .isEqualTo("input");
        assertThat(error(rig.post("/rerank", "{\"query\":\"q\",\"documents\":[" + many + "]}"), 400)
                        .getString("param"))
                .isEqualTo("documents");
        assertThat(ask(EMBED, "{\"input\":[" + "\"x\",".repeat(2_047) + "\"x\"]}")
                        .getJsonArray("data"))
                .hasSize(2_048);
    }

    @Test
    void shouldTellWhatHasNoEffect() {
        assertThat(rig.post(EMBED, "{\"input\":\"a\",\"truncate\":\"END\"}")
                        .headers()
                        .firstValue(IgnoredFields.HEADER))
                .contains("truncate");
        assertThat(rig.post(EMBED, "{\"input\":\"a\",\"user\":\"b\"}").headers().firstValue(IgnoredFields.HEADER))
                .isEmpty();
    }

    @Test
    void shouldRefuseMoreThanMayWait() {
        restart(ServerRig.config(), EmbedderOptions.defaults().withQueueLimit(1));
        try (RawClient first = busy();
                RawClient second = rig.raw().post(EMBED, "{\"input\":\"second\"}")) {
            ServerRig.await("a waiting request", () -> rig.server.running() == 2);
            HttpResponse<String> refused = rig.post(EMBED, "{\"input\":\"third\"}");
            assertThat(error(refused, 429).getString("code")).isEqualTo("queue_full");
            assertThat(refused.headers().firstValue("retry-after")).isPresent();
            assertThat(refused.headers().firstValue("retry-after-ms")).isPresent();
            rig.vectors.open();
            assertThat(second.readUntil("total_tokens")).startsWith("HTTP/1.1 200");
            assertThat(first.readUntil("total_tokens")).startsWith("HTTP/1.1 200");
        }
        assertThat(rig.post(EMBED, "{\"input\":\"again\"}").statusCode()).isEqualTo(200);
    }

    private void shows(String line) {
        ServerRig.await(line, () -> rig.get("/metrics").body().contains("\n" + line + "\n"));
    }

    @Test
    void shouldTellWhatWaitsAndWhatWasAnswered() {
        assertThat(rig.get("/metrics").body()).doesNotContain("kind=\"embedding\"");
        ask("/rerank", "{\"query\":\"q\",\"documents\":[\"ab\",\"c\"]}");
        try (RawClient first = busy();
                RawClient second = rig.raw().post(EMBED, "{\"input\":[\"one\",\"three\"]}")) {
            shows("martlet_embedding_requests_waiting{kind=\"embedding\"} 1.0");
            shows("martlet_embedding_tokens_waiting{kind=\"embedding\"} 8.0");
            shows("martlet_embedding_requests_waiting{kind=\"ranking\"} 0.0");
            assertThat(ServerRig.json(rig.get("/v1/engine")).getJsonArray("embedding_queue"))
                    .hasToString("[{\"kind\":\"embedding\",\"requests\":1,\"tokens\":8},"
                            + "{\"kind\":\"ranking\",\"requests\":0,\"tokens\":0}]");
            rig.vectors.open();
            second.readUntil("total_tokens");
            first.readUntil("total_tokens");
        }
        shows("martlet_embedding_requests_waiting{kind=\"embedding\"} 0.0");
        shows("martlet_embedding_requests_total{kind=\"embedding\"} 2.0");
        shows("martlet_embedding_tokens_total{kind=\"embedding\"} 13.0");
        shows("martlet_embedding_tokens_total{kind=\"ranking\"} 5.0");
        shows("martlet_embedding_request_latency_seconds_count{kind=\"embedding\"} 2");
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeBackTheWorkOfAClientThatLeaves(LeavingClientsIT.Way way) {
        try (RawClient first = busy();
                RawClient second = rig.raw().post(EMBED, "{\"input\":[\"second\",\"one\"]}")) {
            ServerRig.await("a waiting request", () -> rig.server.running() == 2);
            way.leave(second);
            ServerRig.await("its end", () -> rig.server.running() == 1);
            rig.vectors.open();
            assertThat(first.readUntil("total_tokens")).startsWith("HTTP/1.1 200");
        }
        assertThat(rig.vectors.batches()).hasSize(1);
    }

    @Test
    void shouldKeepTheConnectionAfterAQuickAnswer() {
        try (RawClient client = rig.raw()) {
            for (int i = 0; i < 3; i++) {
                String answer = client.post(EMBED, "{\"input\":\"abc\"}").readUntil("total_tokens\":3}}");
                assertThat(answer).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void shouldEndWhatTakesTooLong() {
        try (RawClient first = busy()) {
            HttpResponse<String> late = rig.send(HttpRequest.newBuilder(rig.uri(EMBED))
                    .header("x-request-timeout-ms", "50")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"input\":\"x\"}"))
                    .build());
            assertThat(error(late, 504).getString("code")).isEqualTo("timeout");
            rig.vectors.open();
            first.readUntil("total_tokens");
        }
        assertThat(rig.vectors.batches()).hasSize(1);
    }

    @Test
    void shouldAnswerFailuresOfTheModel() {
        rig.vectors.fail(new NativeException("embed", Status.OUT_OF_MEMORY, "secret details"));
        JsonObject error = error(rig.post(EMBED, "{\"input\":\"x\"}"), 500);
        assertThat(error.getString("message")).doesNotContain("secret");
        assertThat(rig.post(EMBED, "{\"input\":\"x\"}").statusCode()).isEqualTo(200);
    }

    @Test
    void shouldHoldToItsModelsNameWhereToldTo() {
        restart(ServerRig.config().withStrictModel(true), EmbedderOptions.defaults());
        assertThat(error(rig.post(EMBED, "{\"input\":\"x\",\"model\":\"other\"}"), 404)
                        .getString("param"))
                .isEqualTo("model");
        String named = "\"model\":\"" + ServerRig.MODEL + "\"}";
        assertThat(ask(EMBED, "{\"input\":\"x\"," + named)).isNotEmpty();
        assertThat(ask("/rerank", "{\"query\":\"x\",\"documents\":[\"x\"]," + named))
                .isNotEmpty();
    }

    @Test
    void shouldLetRunningRequestsEndWhenTheServerStops() throws Exception {
        try (RawClient first = busy()) {
            Thread stop = Thread.startVirtualThread(() -> {
                try {
                    rig.server.drain(Duration.ofSeconds(50));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            rig.vectors.open();
            assertThat(first.readUntil("total_tokens")).startsWith("HTTP/1.1 200");
            stop.join();
        }
    }

    @Test
    void shouldSayWhatAModelCannot() {
        try (ServerRig plain = ServerRig.speaking("{{ messages[0].content }}", List.of(), prompt -> "ok")) {
            for (String path : List.of(EMBED, "/v1/rerank")) {
                JsonObject error =
                        error(plain.post(path, "{\"input\":\"x\",\"query\":\"x\",\"documents\":[\"x\"]}"), 400);
                assertThat(error.getString("param")).isEqualTo("model");
                assertThat(error.getString("code")).isEqualTo("unsupported_value");
            }
        }
    }
}
