package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.Embedding;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.martlet.embedding.EmbedderOptions;
import dev.martlet.embedding.TinyEncoder;
import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineOptions;
import dev.martlet.model.Model;
import dev.martlet.model.TestModel;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Embeddings and rankings by the real library, for openai-java: of the default model, and of an encoder that ranks. */
@Timeout(300)
class EmbeddingModelsIT {
    private static final List<String> TEXTS = List.of(
            "The cat sleeps on the sofa.",
            "A kitten is napping on the couch.",
            "Quarterly profits of the bank fell sharply.",
            "The bank reported lower earnings this quarter.");

    @TempDir
    static Path folder;

    private static Model smol;
    private static Engine engine;
    private static MartletServer server;
    private static OpenAIClient openai;

    @BeforeAll
    static void start() {
        smol = Model.open(TestModel.path());
        engine = Engine.start(
                smol, EngineOptions.defaults().withContextTokens(512).withMaxSequences(1));
        server = MartletServer.start(ServerRig.config());
        server.embed(Embedders.of(smol, EmbedderOptions.defaults().withMaxTokens(256)));
        server.ready(ServedModel.of("smol", smol, engine, Optional.empty(), Optional.empty()));
        openai = OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + server.port() + "/v1")
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() {
        openai.close();
        server.close();
        smol.close();
    }

    private static EmbeddingCreateParams.Builder params() {
        return EmbeddingCreateParams.builder().model("smol");
    }

    private static double cosine(List<Float> a, List<Float> b) {
        double dot = 0;
        for (int i = 0; i < a.size(); i++) {
            dot += (double) a.get(i) * b.get(i);
        }
        return dot;
    }

    @Test
    void shouldGiveOpenAiJavaTheSameAsFloatsAndAsBase64() {
        CreateEmbeddingResponse floats = openai.embeddings()
                .create(params().inputOfArrayOfStrings(TEXTS)
                        .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                        .build());
        CreateEmbeddingResponse base64 = openai.embeddings()
                .create(params().inputOfArrayOfStrings(TEXTS)
                        .encodingFormat(EmbeddingCreateParams.EncodingFormat.BASE64)
                        .build());
        assertThat(floats.usage().promptTokens())
                .isEqualTo(base64.usage().promptTokens())
                .isGreaterThan(20);
        assertThat(floats.model()).isEqualTo("smol");
        assertThat(floats.data()).hasSize(4);
        for (int i = 0; i < TEXTS.size(); i++) {
            assertThat(floats.data().get(i).index()).isEqualTo(i);
            assertThat(floats.data().get(i).embedding())
                    .hasSize(576)
                    .isEqualTo(base64.data().get(i).embedding());
        }
    }

    @Test
    void shouldPutLikeTextsNearEachOther() {
        List<Embedding> all = openai.embeddings()
                .create(params().inputOfArrayOfStrings(TEXTS).build())
                .data();
        assertThat(cosine(all.get(0).embedding(), all.get(1).embedding()))
                .isGreaterThan(cosine(all.get(0).embedding(), all.get(2).embedding()))
                .isGreaterThan(cosine(all.get(1).embedding(), all.get(3).embedding()));
        assertThat(cosine(all.get(2).embedding(), all.get(3).embedding()))
                .isGreaterThan(cosine(all.get(2).embedding(), all.get(1).embedding()));
    }

    @Test
    void shouldGiveTheSameTogetherAsAlone() {
        List<Embedding> all = openai.embeddings()
                .create(params().inputOfArrayOfStrings(TEXTS).build())
                .data();
        for (int i = 0; i < TEXTS.size(); i++) {
            List<Float> alone = openai.embeddings()
                    .create(params().input(TEXTS.get(i)).build())
                    .data()
                    .getFirst()
                    .embedding();
            assertThat(cosine(alone, all.get(i).embedding())).isCloseTo(1, within(1e-4));
        }
    }

    @Test
    void shouldShortenVectorsAndTakeTokens() {
        List<Float> full = openai.embeddings()
                .create(params().input(TEXTS.getFirst()).build())
                .data()
                .getFirst()
                .embedding();
        List<Float> head = openai.embeddings()
                .create(params().input(TEXTS.getFirst()).dimensions(64).build())
                .data()
                .getFirst()
                .embedding();
        assertThat(head).hasSize(64);
        assertThat(cosine(head, head)).isCloseTo(1, within(1e-4));
        assertThat(head.get(0) / head.get(1)).isCloseTo(full.get(0) / full.get(1), within(0.05f));
        List<Long> tokens = Arrays.stream(smol.tokenizer().encode(TEXTS.getFirst(), true, false))
                .mapToObj(Long::valueOf)
                .toList();
        List<Float> same = openai.embeddings()
                .create(params().inputOfArrayOfTokens(tokens).build())
                .data()
                .getFirst()
                .embedding();
        assertThat(cosine(same, full)).isCloseTo(1, within(1e-4));
    }

    @Test
    void shouldRefuseWhatDoesNotFit() {
        BadRequestException tooLong = catchThrowableOfType(
                BadRequestException.class,
                () -> openai.embeddings()
                        .create(params().input("word ".repeat(300)).build()));
        assertThat(tooLong.code()).contains("context_length_exceeded");
        assertThat(tooLong.param()).contains("input");
        BadRequestException tooWide = catchThrowableOfType(
                BadRequestException.class,
                () -> openai.embeddings()
                        .create(params().input("x").dimensions(577).build()));
        assertThat(tooWide.param()).contains("dimensions");
    }

    private static HttpResponse<String> post(MartletServer to, String path, String body) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to.port() + path))
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        }
    }

    private static JsonObject json(HttpResponse<String> response) {
        return Json.object(response.body().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void shouldSayThatAModelCannotRank() throws Exception {
        HttpResponse<String> response = post(server, "/v1/rerank", "{\"query\":\"x\",\"documents\":[\"y\"]}");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response).getJsonObject("error").getString("message")).contains("no rank head");
        assertThat(json(response).getJsonObject("error").getString("param")).isEqualTo("model");
    }

    @Test
    void shouldServeAModelThatOnlyRanks() throws Exception {
        try (Model ranker = Model.open(TinyEncoder.write(folder.resolve("ranker.gguf"), true));
                MartletServer ranking = MartletServer.start(ServerRig.config())) {
            Embedders embedders = Embedders.of(ranker, EmbedderOptions.defaults());
            assertThat(embedders.any()).isTrue();
            assertThat(embedders.describe()).isEqualTo("no embeddings, and rankings, of texts up to 64 tokens");
            ranking.embed(embedders);
            ranking.ready(ServedModel.ofVectors("ranker", ranker, embedders.longest()));
            HttpResponse<String> ranked =
                    post(ranking, "/v1/rerank", "{\"query\":\"a cat\",\"documents\":[\"dogs\",\"cats\",\"sea\"]}");
            assertThat(ranked.statusCode()).as(ranked.body()).isEqualTo(200);
            List<JsonObject> results = json(ranked).getJsonArray("results").getValuesAs(JsonObject.class);
            assertThat(results).hasSize(3);
            assertThat(results)
                    .extracting(one -> -one.getJsonNumber("relevance_score").doubleValue())
                    .isSorted()
                    .allMatch(score -> score > -1 && score < 0);
            for (String path : List.of("/v1/embeddings", "/v1/completions", "/v1/chat/completions")) {
                HttpResponse<String> refused = post(
                        ranking,
                        path,
                        "{\"input\":\"x\",\"prompt\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
                assertThat(refused.statusCode()).as(path + refused.body()).isEqualTo(400);
                assertThat(json(refused).getJsonObject("error").getString("param"))
                        .isEqualTo("model");
            }
        }
    }

    @Test
    void shouldServeAModelThatOnlyEmbeds() throws Exception {
        try (Model encoder = Model.open(TinyEncoder.write(folder.resolve("encoder.gguf"), false));
                MartletServer embedding = MartletServer.start(ServerRig.config())) {
            Embedders embedders = Embedders.of(encoder, EmbedderOptions.defaults());
            assertThat(embedders.describe())
                    .isEqualTo("embeddings of 32 numbers, pooling cls, of texts up to 64 tokens");
            embedding.embed(embedders);
            embedding.ready(ServedModel.ofVectors("encoder", encoder, embedders.longest()));
            HttpResponse<String> answer = post(embedding, "/v1/embeddings", "{\"input\":\"ab\"}");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            // <s>, two bytes, </s>
            assertThat(json(answer).getJsonObject("usage").getInt("prompt_tokens"))
                    .isEqualTo(4);
            assertThat(post(embedding, "/v1/rerank", "{\"query\":\"x\",\"documents\":[\"y\"]}")
                            .statusCode())
                    .isEqualTo(400);
        }
    }
}
