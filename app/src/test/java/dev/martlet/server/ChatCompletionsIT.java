package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ChatCompletionsIT {
    private static ServerRig rig;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(
                prompt -> prompt.contains("unicode") ? "h\u00e9 \ud83d\ude00 \"q\"\n" : "\nHello there. Bye.");
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    private static JsonObject choice(JsonObject completion, int index) {
        return completion.getJsonArray("choices").getJsonObject(index);
    }

    private static String streamed(List<JsonObject> chunks, int index) {
        return chunks.stream()
                .flatMap(chunk -> chunk.getJsonArray("choices").stream())
                .map(JsonValue::asJsonObject)
                .filter(choice -> choice.getInt("index") == index)
                .map(choice -> choice.getJsonObject("delta").getString("content", ""))
                .collect(Collectors.joining());
    }

    @Test
    void shouldAnswerWhole() {
        HttpResponse<String> response = rig.post(ServerRig.body("hi", "\"model\":\"gpt-4o\""));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(response.headers().firstValue("x-request-id").orElse("")).startsWith("req_");
        assertThat(response.headers().firstValue(IgnoredFields.HEADER)).isEmpty();
        JsonObject completion = ServerRig.json(response);
        assertThat(completion.getString("id")).startsWith("chatcmpl-");
        assertThat(completion.getString("object")).isEqualTo("chat.completion");
        assertThat(completion.getString("model")).isEqualTo(ServerRig.MODEL);
        assertThat(completion.getString("system_fingerprint")).isEqualTo("b-test");
        assertThat(choice(completion, 0).getJsonObject("message").getString("content"))
                .isEqualTo("Hello there. Bye.");
        assertThat(choice(completion, 0).getString("finish_reason")).isEqualTo("stop");
        JsonObject usage = completion.getJsonObject("usage");
        assertThat(usage.getInt("prompt_tokens")).isEqualTo(ServerRig.promptTokens("hi"));
        assertThat(usage.getInt("completion_tokens")).isEqualTo(18);
        assertThat(usage.getInt("total_tokens")).isEqualTo(18 + ServerRig.promptTokens("hi"));
    }

    private static JsonObject details(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return ServerRig.json(response).getJsonObject("usage").getJsonObject("completion_tokens_details");
    }

    @Test
    void shouldTellHowMuchOfThePredictionCame() {
        String predicted = "\"prediction\":{\"type\":\"content\",\"content\":\"\\nHello where. Bye.\"}";
        HttpResponse<String> response = rig.post(ServerRig.body("hi", predicted));
        assertThat(response.headers().firstValue(IgnoredFields.HEADER)).isEmpty();
        assertThat(choice(ServerRig.json(response), 0).getJsonObject("message").getString("content"))
                .isEqualTo("Hello there. Bye.");
        assertThat(details(response).getInt("accepted_prediction_tokens")).isEqualTo(17);
        assertThat(details(response).getInt("rejected_prediction_tokens")).isEqualTo(1);
        JsonObject thrice = details(rig.post(ServerRig.body("hi", predicted + ",\"n\":3,\"logprobs\":true")));
        assertThat(thrice.getInt("accepted_prediction_tokens")).isEqualTo(3 * 17);
        assertThat(thrice.getInt("rejected_prediction_tokens")).isEqualTo(3);
        JsonObject stopped = details(rig.post(ServerRig.body("hi", predicted + ",\"stop\":\"there\"")));
        assertThat(stopped.getInt("accepted_prediction_tokens"))
                .as("up to the stop")
                .isEqualTo(11);
        assertThat(stopped.getInt("rejected_prediction_tokens")).isEqualTo(7);
        assertThat(details(rig.post(ServerRig.body("hi", ""))).getInt("rejected_prediction_tokens"))
                .isZero();
    }

    @Test
    void shouldTellWhereAPredictionHasNoEffect() {
        String predicted = "\"prediction\":{\"type\":\"content\",\"content\":\"{}\"}";
        HttpResponse<String> shaped =
                rig.post(ServerRig.body("hi", predicted + ",\"guided_regex\":\"[a-z]{3}\",\"max_tokens\":3"));
        assertThat(shaped.headers().firstValue(IgnoredFields.HEADER)).contains("prediction");
        assertThat(details(shaped).getInt("rejected_prediction_tokens")).isZero();
        String tooLong = "x".repeat(20_000);
        HttpResponse<String> refused =
                rig.post(ServerRig.body("hi", "\"prediction\":{\"type\":\"content\",\"content\":\"" + tooLong + "\"}"));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(ServerRig.json(refused).getJsonObject("error").getString("param"))
                .isEqualTo("prediction.content");
    }

    @Test
    void shouldStream() {
        HttpResponse<String> response = rig.post(ServerRig.body("unicode", "\"stream\":true"));
        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
        // Chromium may tell a stream that must not be stored as failed, though its reader has all of it.
        assertThat(response.headers().allValues("cache-control")).containsExactly("no-cache, no-transform");
        List<JsonObject> chunks = ServerRig.chunks(response.body());
        assertThat(streamed(chunks, 0)).isEqualTo("h\u00e9 \ud83d\ude00 \"q\"\n");
        assertThat(choice(chunks.getFirst(), 0).getJsonObject("delta").getString("role"))
                .isEqualTo("assistant");
        assertThat(choice(chunks.getLast(), 0).getString("finish_reason")).isEqualTo("stop");
        assertThat(chunks)
                .extracting(chunk -> chunk.getString("id"))
                .hasSize(chunks.size())
                .containsOnly(chunks.getFirst().getString("id"));
        assertThat(chunks).noneMatch(chunk -> chunk.containsKey("usage") || chunk.containsKey("error"));
    }

    @Test
    void shouldSendTheUsageLast() {
        List<JsonObject> chunks = ServerRig.chunks(
                rig.post(ServerRig.body("cache me", "\"stream\":true,\"stream_options\":{\"include_usage\":true}"))
                        .body());
        assertThat(chunks.getLast().getJsonArray("choices")).isEmpty();
        assertThat(chunks.getLast().getJsonObject("usage").getInt("completion_tokens"))
                .isEqualTo(18);
        assertThat(chunks.subList(0, chunks.size() - 1))
                .allMatch(chunk -> chunk.get("usage").equals(JsonValue.NULL));
        JsonObject again = ServerRig.json(rig.post(ServerRig.body("cache me", "")));
        assertThat(again.getJsonObject("usage")
                        .getJsonObject("prompt_tokens_details")
                        .getInt("cached_tokens"))
                .isPositive();
    }

    @Test
    void shouldMakeSeveralChoices() {
        JsonObject completion = ServerRig.json(rig.post(ServerRig.body("hi", "\"n\":3")));
        assertThat(completion.getJsonArray("choices")).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(choice(completion, i).getInt("index")).isEqualTo(i);
            assertThat(choice(completion, i).getJsonObject("message").getString("content"))
                    .isEqualTo("Hello there. Bye.");
        }
        assertThat(completion.getJsonObject("usage").getInt("prompt_tokens")).isEqualTo(ServerRig.promptTokens("hi"));
        assertThat(completion.getJsonObject("usage").getInt("completion_tokens"))
                .isEqualTo(54);
    }

    @Test
    void shouldBeginAllChoicesBeforeAnyGoesOn() {
        List<JsonObject> chunks = ServerRig.chunks(
                rig.post(ServerRig.body("hi", "\"n\":2,\"stream\":true")).body());
        assertThat(chunks.subList(0, 2))
                .allMatch(chunk -> choice(chunk, 0).getJsonObject("delta").containsKey("role"));
        assertThat(chunks.subList(2, chunks.size()))
                .noneMatch(chunk -> choice(chunk, 0).getJsonObject("delta").containsKey("role"));
        assertThat(streamed(chunks, 0)).isEqualTo("\nHello there. Bye.");
        assertThat(streamed(chunks, 1)).isEqualTo("\nHello there. Bye.");
    }

    @Test
    void shouldStopBeforeAStopString() {
        JsonObject completion = ServerRig.json(rig.post(ServerRig.body("hi", "\"stop\":[\"Nope\",\". B\"]")));
        assertThat(choice(completion, 0).getJsonObject("message").getString("content"))
                .isEqualTo("Hello there");
        assertThat(choice(completion, 0).getString("finish_reason")).isEqualTo("stop");
        List<JsonObject> chunks = ServerRig.chunks(rig.post(ServerRig.body("hi", "\"stop\":\". B\",\"stream\":true"))
                .body());
        assertThat(streamed(chunks, 0)).isEqualTo("\nHello there");
    }

    @Test
    void shouldCutAtTheLimit() {
        JsonObject completion = ServerRig.json(rig.post(ServerRig.body("hi", "\"max_completion_tokens\":6")));
        assertThat(choice(completion, 0).getJsonObject("message").getString("content"))
                .isEqualTo("Hello");
        assertThat(choice(completion, 0).getString("finish_reason")).isEqualTo("length");
    }

    @Test
    void shouldGiveLogprobs() {
        JsonObject completion = ServerRig.json(rig.post(ServerRig.body("hi", "\"logprobs\":true,\"top_logprobs\":2")));
        List<JsonValue> tokens = choice(completion, 0).getJsonObject("logprobs").getJsonArray("content");
        assertThat(tokens).hasSize(18);
        JsonObject h = tokens.get(1).asJsonObject();
        assertThat(h.getString("token")).isEqualTo("H");
        assertThat(h.getJsonNumber("logprob").doubleValue()).isEqualTo(-0.5);
        assertThat(h.getJsonArray("top_logprobs")).hasSize(2);
        List<JsonObject> chunks = ServerRig.chunks(rig.post(ServerRig.body("hi", "\"logprobs\":true,\"stream\":true"))
                .body());
        assertThat(chunks.stream()
                        .map(chunk -> choice(chunk, 0).get("logprobs"))
                        .filter(JsonObject.class::isInstance)
                        .mapToInt(logprobs ->
                                logprobs.asJsonObject().getJsonArray("content").size())
                        .sum())
                .isEqualTo(18);
    }

    @Test
    void shouldTellIgnoredFieldsAndEchoTheRequestId() {
        HttpResponse<String> response = rig.send(HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                .header("x-request-id", "mine-1")
                .POST(HttpRequest.BodyPublishers.ofString(ServerRig.body("hi", "\"user\":\"u\",\"frob\":1")))
                .build());
        assertThat(response.headers().firstValue("x-request-id")).contains("mine-1");
        assertThat(response.headers().firstValue(IgnoredFields.HEADER).orElse(""))
                .contains("user")
                .contains("frob");
    }

    @Test
    void shouldTellFieldsThatTheTemplateDoesNotRead() {
        String members = "\"reasoning_effort\":\"low\",\"chat_template_kwargs\":{\"enable_thinking\":true}";
        assertThat(rig.post(ServerRig.body("hi", members)).headers().firstValue(IgnoredFields.HEADER))
                .contains("chat_template_kwargs.enable_thinking, reasoning_effort");
        String template = "{{ messages[0].content }}{{ reasoning_effort }}";
        try (ServerRig minds = ServerRig.speaking(template, List.of(), prompt -> "ok")) {
            assertThat(minds.post(ServerRig.body("hi", members)).headers().firstValue(IgnoredFields.HEADER))
                    .contains("chat_template_kwargs.enable_thinking");
        }
    }

    @Test
    void shouldTellWhereStrictToolsCannotBeHeld() {
        String tool = "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true}}";
        String allowed = "{\"type\":\"allowed_tools\",\"mode\":\"%s\",\"tools\":[{\"function\":{\"name\":\"f\"}}]}";
        String tools = "\"tools\":[" + tool + "]";
        assertThat(rig.post(ServerRig.body("hi", tools)).headers().firstValue(IgnoredFields.HEADER))
                .isEmpty();
        // GLM-4 writes nothing before a call that would tell it from text.
        try (ServerRig glm = ServerRig.speaking(Dialect.GLM4, prompt -> "f\n{}")) {
            assertThat(ignored(glm, tools)).contains("tools[0].function.strict");
            assertThat(ignored(glm, tools + ",\"tool_choice\":" + allowed.formatted("auto")))
                    .contains("tool_choice, tools[0].function.strict");
            assertThat(ignored(glm, tools + ",\"tool_choice\":" + allowed.formatted("required")))
                    .isEmpty();
            assertThat(ignored(glm, tools + ",\"tool_choice\":\"none\"")).isEmpty();
        }
    }

    private static java.util.Optional<String> ignored(ServerRig rig, String members) {
        HttpResponse<String> response = rig.post(ServerRig.body("hi", members));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.headers().firstValue(IgnoredFields.HEADER);
    }

    @Test
    void shouldTakeRequestsAsClientsSendThem() {
        // An upgrade with a body (the JDK's client), any Accept, chunks, a BOM, a charset, a trailing query.
        for (String head : List.of(
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA\r\n",
                "Accept: application/json\r\nAccept-Encoding: gzip\r\n",
                "Accept: text/html\r\nContent-Type: text/plain\r\n",
                "Content-Type: application/json; charset=utf-8\r\nAuthorization: Bearer x\r\n")) {
            String body = ServerRig.body("hi", "\"stream\":true");
            try (RawClient client = rig.raw()) {
                String answer = client.send("POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: localhost\r\n" + head
                                + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                        .readAll();
                assertThat(answer).as(head).startsWith("HTTP/1.1 200").contains("data: [DONE]");
                assertThat(answer.toLowerCase(java.util.Locale.ROOT)).doesNotContain("content-encoding");
            }
        }
        try (RawClient client = rig.raw()) {
            String body = "\ufeff" + ServerRig.body("hi", "");
            int length = body.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
            assertThat(client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                                    + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(length) + "\r\n" + body
                                    + "\r\n0\r\n\r\n")
                            .readAll())
                    .startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void shouldListItsModel() {
        JsonObject list = ServerRig.json(rig.get("/v1/models"));
        assertThat(list.getString("object")).isEqualTo("list");
        JsonObject model = list.getJsonArray("data").getJsonObject(0);
        assertThat(model.getString("id")).isEqualTo(ServerRig.MODEL);
        assertThat(model.getString("object")).isEqualTo("model");
        assertThat(model.getInt("created")).isEqualTo(1_700_000_000);
        assertThat(model.getString("owned_by")).isEqualTo("tests");
        assertThat(ServerRig.json(rig.get("/v1/models/" + ServerRig.MODEL))).isEqualTo(model);
        assertThat(ServerRig.json(rig.get("/v1/models/scripted%2Fmodel-1"))).isEqualTo(model);
        HttpResponse<String> other = rig.get("/v1/models/other");
        assertThat(other.statusCode()).isEqualTo(404);
        assertThat(ServerRig.json(other).getJsonObject("error").getString("code"))
                .isEqualTo("model_not_found");
    }

    @Test
    void shouldBeHealthy() {
        HttpResponse<String> response = rig.get("/health");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(rig.get("/ready").statusCode()).isEqualTo(200);
    }
}
