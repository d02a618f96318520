package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionChoice;
import com.openai.models.completions.CompletionCreateParams;
import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.EngineOptions;
import dev.martlet.engine.ScriptedStepRunner;
import dev.martlet.engine.ScriptedStepRunner.Fault;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Completions of plain text over HTTP; the scripted model answers with its prompt in capitals. */
@Timeout(120)
class CompletionsIT {
    private static final String PATH = "/v1/completions";

    private static ServerRig rig;
    private static OpenAIClient openai;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> prompt.toUpperCase(java.util.Locale.ROOT) + " \u20ac. ");
        openai = OpenAIOkHttpClient.builder()
                .baseUrl(rig.uri("/v1").toString())
                .apiKey("none")
                .build();
    }

    @AfterAll
    static void stop() {
        openai.close();
        rig.close();
    }

    private static JsonObject complete(String body) {
        HttpResponse<String> response = rig.post(PATH, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return ServerRig.json(response);
    }

    private static JsonObject choice(JsonObject completion, int index) {
        return completion.getJsonArray("choices").getJsonObject(index);
    }

    private static String streamed(List<JsonObject> chunks, int index) {
        return chunks.stream()
                .flatMap(chunk -> chunk.getJsonArray("choices").stream())
                .map(JsonValue::asJsonObject)
                .filter(choice -> choice.getInt("index") == index)
                .map(choice -> choice.getString("text"))
                .collect(Collectors.joining());
    }

    @Test
    void shouldGoOnWithATextAsItStands() {
        JsonObject completion = complete("{\"prompt\":\"ab\",\"model\":\"any\"}");
        assertThat(completion.getString("id")).startsWith("cmpl-");
        assertThat(completion.getString("object")).isEqualTo("text_completion");
        assertThat(completion.getString("model")).isEqualTo(ServerRig.MODEL);
        assertThat(completion.getString("system_fingerprint")).isEqualTo("b-test");
        assertThat(choice(completion, 0).getString("text")).isEqualTo("AB \u20ac. ");
        assertThat(choice(completion, 0).getString("finish_reason")).isEqualTo("stop");
        assertThat(choice(completion, 0).isNull("logprobs")).isTrue();
        JsonObject usage = completion.getJsonObject("usage");
        assertThat(usage.getInt("prompt_tokens")).isEqualTo(2);
        assertThat(usage.getInt("completion_tokens")).isEqualTo(8);
        assertThat(usage.getInt("total_tokens")).isEqualTo(10);
    }

    @Test
    void shouldStopAfterSixteenTokensUnlessTold() {
        JsonObject completion = complete("{\"prompt\":\"" + "x".repeat(40) + "\"}");
        assertThat(choice(completion, 0).getString("text")).isEqualTo("X".repeat(16));
        assertThat(choice(completion, 0).getString("finish_reason")).isEqualTo("length");
        assertThat(choice(complete("{\"prompt\":\"" + "x".repeat(40) + "\",\"max_tokens\":30}"), 0)
                        .getString("text"))
                .isEqualTo("X".repeat(30));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {"[\"ab\",\"c\"];AB;C", "[[97,98],[99]];AB;C", "[\"<|mark|>a\",\"\u00e9\"];A;\u00c9"})
    void shouldAnswerEachPrompt(String prompts, String first, String second) {
        JsonObject completion = complete("{\"prompt\":" + prompts + ",\"n\":2}");
        assertThat(completion.getJsonArray("choices").getValuesAs(JsonObject.class))
                .extracting(choice -> choice.getInt("index") + choice.getString("text"))
                .containsExactly(
                        "0" + first + " \u20ac. ",
                        "1" + first + " \u20ac. ",
                        "2" + second + " \u20ac. ",
                        "3" + second + " \u20ac. ");
        List<JsonObject> chunks = ServerRig.chunks(
                rig.post(PATH, "{\"prompt\":" + prompts + ",\"stream\":true}").body());
        assertThat(streamed(chunks, 0)).isEqualTo(first + " \u20ac. ");
        assertThat(streamed(chunks, 1)).isEqualTo(second + " \u20ac. ");
    }

    @Test
    void shouldCountEachPromptOnce() {
        JsonObject usage =
                complete("{\"prompt\":[[97,98],[257,99,100]],\"n\":3}").getJsonObject("usage");
        assertThat(usage.getInt("prompt_tokens")).isEqualTo(5);
        assertThat(usage.getInt("completion_tokens")).isEqualTo(3 * 8 + 3 * 8);
    }

    @Test
    void shouldCountCachedTokensOfEachPrompt() {
        String body = "{\"prompt\":[\"" + "one cached prompt ".repeat(10) + "\",\"" + "and another ".repeat(10)
                + "\"],\"max_tokens\":2}";
        complete(body);
        int cached = complete(body)
                .getJsonObject("usage")
                .getJsonObject("prompt_tokens_details")
                .getInt("cached_tokens");
        assertThat(cached).isGreaterThan(200).isLessThan(300);
    }

    @Test
    void shouldEchoThePrompt() {
        assertThat(choice(complete("{\"prompt\":\"ab\",\"echo\":true}"), 0).getString("text"))
                .isEqualTo("abAB \u20ac. ");
        assertThat(choice(complete("{\"prompt\":[[99],[97,257,98]],\"echo\":true}"), 1)
                        .getString("text"))
                .isEqualTo("a<|mark|>bAB \u20ac. ");
        List<JsonObject> chunks =
                ServerRig.chunks(rig.post(PATH, "{\"prompt\":[\"a\",\"b\"],\"echo\":true,\"stream\":true}")
                        .body());
        assertThat(streamed(chunks, 0)).isEqualTo("aA \u20ac. ");
        assertThat(streamed(chunks, 1)).isEqualTo("bB \u20ac. ");
    }

    /** What the scripted model says of a prompt; its first token has nothing before it. */
    private static void checkPrompt(JsonObject logprobs, String prompt, int top) {
        int[] tokens = ByteTokens.tokens(prompt);
        assertThat(logprobs.getJsonArray("token_logprobs").get(0)).isEqualTo(JsonValue.NULL);
        assertThat(logprobs.getJsonArray("top_logprobs").get(0)).isEqualTo(JsonValue.NULL);
        for (int i = 0; i < tokens.length; i++) {
            assertThat(logprobs.getJsonArray("tokens").getString(i)).isEqualTo(prompt.substring(i, i + 1));
            assertThat(logprobs.getJsonArray("text_offset").getInt(i)).isEqualTo(i);
            if (i > 0) {
                assertThat(logprobs.getJsonArray("token_logprobs")
                                .getJsonNumber(i)
                                .doubleValue())
                        .as("token %d", i)
                        .isEqualTo(ScriptedStepRunner.score(tokens, i, tokens[i]));
                assertThat(logprobs.getJsonArray("top_logprobs").getJsonObject(i))
                        .hasSizeBetween(1, 1 + top);
            }
        }
    }

    @Test
    void shouldScoreAPromptAlone() {
        String prompt = "a long prompt, so that its rows take several steps ".repeat(3);
        JsonObject completion =
                complete("{\"prompt\":\"" + prompt + "\",\"echo\":true,\"logprobs\":1,\"max_tokens\":0}");
        JsonObject choice = choice(completion, 0);
        assertThat(choice.getString("text")).isEqualTo(prompt);
        assertThat(choice.getString("finish_reason")).isEqualTo("length");
        assertThat(choice.getJsonObject("logprobs").getJsonArray("tokens")).hasSize(prompt.length());
        checkPrompt(choice.getJsonObject("logprobs"), prompt, 1);
        JsonObject usage = completion.getJsonObject("usage");
        assertThat(usage.getInt("prompt_tokens")).isEqualTo(prompt.length());
        assertThat(usage.getInt("completion_tokens")).isZero();
        JsonObject plain = choice(complete("{\"prompt\":\"ab\",\"echo\":true,\"max_tokens\":0}"), 0);
        assertThat(plain.getString("text")).isEqualTo("ab");
        assertThat(plain.isNull("logprobs")).isTrue();
    }

    @Test
    void shouldScorePromptsBeforeTheirAnswers() {
        String body = "{\"prompt\":[[97,98,32,99],[99,257,100]],\"n\":2,\"echo\":true,\"logprobs\":2";
        JsonObject completion = complete(body + "}");
        JsonObject first = choice(completion, 1).getJsonObject("logprobs");
        assertThat(choice(completion, 1).getString("text")).isEqualTo("ab cAB C \u20ac. ");
        checkPrompt(first, "ab c", 2);
        assertThat(first.getJsonArray("tokens").getString(4)).isEqualTo("A");
        assertThat(first.getJsonArray("text_offset").getInt(4)).isEqualTo(4);
        JsonObject tokens = choice(completion, 2).getJsonObject("logprobs");
        assertThat(tokens.getJsonArray("tokens").getString(1)).isEqualTo("<|mark|>");
        assertThat(tokens.getJsonArray("text_offset").getValuesAs(JsonNumber::intValue))
                .startsWith(0, 1, 9, 10);

        List<JsonObject> chunks =
                ServerRig.chunks(rig.post(PATH, body + ",\"stream\":true}").body());
        assertThat(streamed(chunks, 0)).isEqualTo("ab cAB C \u20ac. ");
        JsonObject begin = chunks.stream()
                .map(chunk -> choice(chunk, 0))
                .filter(choice -> choice.getInt("index") == 0)
                .findFirst()
                .orElseThrow();
        assertThat(begin.getString("text")).isEqualTo("ab c");
        checkPrompt(begin.getJsonObject("logprobs"), "ab c", 2);
    }

    @Test
    void shouldGiveTheBestOfSeveral() {
        JsonObject completion = complete("{\"prompt\":[\"a\",\"b\"],\"best_of\":3}");
        assertThat(completion.getJsonArray("choices")).hasSize(2);
        assertThat(choice(completion, 1).getString("text")).isEqualTo("B \u20ac. ");
        assertThat(choice(completion, 1).isNull("logprobs")).isTrue();
        // What was thrown away was made all the same.
        assertThat(completion.getJsonObject("usage").getInt("completion_tokens"))
                .isEqualTo(6 * 7);
    }

    @Test
    void shouldGiveLogprobsInTheOldShape() {
        JsonObject logprobs =
                choice(complete("{\"prompt\":\"ab\",\"logprobs\":2}"), 0).getJsonObject("logprobs");
        assertThat(logprobs.getJsonArray("tokens").toString())
                .isEqualTo("[\"A\",\"B\",\" \",\"bytes:\\\\xe2\",\"bytes:\\\\x82\",\"bytes:\\\\xac\",\".\",\" \"]");
        assertThat(logprobs.getJsonArray("text_offset").toString()).isEqualTo("[0,1,2,3,3,3,4,5]");
        assertThat(logprobs.getJsonArray("token_logprobs").getJsonNumber(0).doubleValue())
                .isEqualTo(-0.5);
        assertThat(logprobs.getJsonArray("top_logprobs")).hasSize(8);
        assertThat(logprobs.getJsonArray("top_logprobs").getJsonObject(0)).containsKey("A");
        List<JsonObject> chunks = ServerRig.chunks(rig.post(PATH, "{\"prompt\":\"ab\",\"logprobs\":0,\"stream\":true}")
                .body());
        List<Integer> offsets = new ArrayList<>();
        chunks.stream()
                .map(chunk -> choice(chunk, 0).get("logprobs"))
                .filter(JsonObject.class::isInstance)
                .forEach(told -> told.asJsonObject()
                        .getJsonArray("text_offset")
                        .forEach(offset -> offsets.add(Integer.parseInt(offset.toString()))));
        assertThat(offsets).containsExactly(0, 1, 2, 3, 3, 3, 4, 5);
    }

    @Test
    void shouldFillInBeforeASuffixWhereTheModelCan() {
        JsonObject completion = complete("{\"prompt\":\"ab\",\"suffix\":\"yz\"}");
        assertThat(choice(completion, 0).getString("text")).startsWith("ABYZ");
        assertThat(completion.getJsonObject("usage").getInt("prompt_tokens")).isEqualTo(7);
        // Its marks are the request's only control tokens: a user's text spells none.
        assertThat(complete("{\"prompt\":\"<|mark|>\",\"suffix\":\"z\"}")
                        .getJsonObject("usage")
                        .getInt("prompt_tokens"))
                .isEqualTo(8 + 1 + 3);
        try (ServerRig other = ServerRig.speaking("{{ messages[0].content }}", List.of(), prompt -> "x")) {
            HttpResponse<String> refused = other.post(PATH, "{\"prompt\":\"ab\",\"suffix\":\"yz\"}");
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
            assertThat(refused.body()).contains("\"param\":\"suffix\"");
        }
    }

    @Test
    void shouldKeepToAShapeFromTheFirstToken() {
        assertThat(choice(complete("{\"prompt\":\"x\",\"guided_choice\":[\"no\",\"yes\"],\"max_tokens\":9}"), 0)
                        .getString("text"))
                .isIn("no", "yes");
        HttpResponse<String> refused = rig.post(PATH, "{\"prompt\":\"x\",\"guided_regex\":\"(\"}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(ServerRig.json(refused).getJsonObject("error").getString("param"))
                .startsWith("guided_regex");
    }

    @Test
    void shouldStopBeforeAStopString() {
        JsonObject completion = complete("{\"prompt\":\"abcd\",\"stop\":\"CD\"}");
        assertThat(choice(completion, 0).getString("text")).isEqualTo("AB");
        assertThat(choice(completion, 0).getString("finish_reason")).isEqualTo("stop");
    }

    @Test
    void shouldRefuseAPromptThatIsTooLong() {
        HttpResponse<String> response = rig.post(PATH, "{\"prompt\":[\"a\",\"" + "x".repeat(17_000) + "\"]}");
        assertThat(response.statusCode()).isEqualTo(400);
        JsonObject error = ServerRig.json(response).getJsonObject("error");
        assertThat(error.getString("code")).isEqualTo("context_length_exceeded");
        assertThat(error.getString("param")).isEqualTo("prompt[1]");
    }

    @Test
    void shouldRefuseAnEmptyPromptOfAModelWithoutABeginning() {
        JsonObject error =
                ServerRig.json(rig.post(PATH, "{\"prompt\":[\"a\",\"\"]}")).getJsonObject("error");
        assertThat(error.getString("param")).isEqualTo("prompt[1]");
    }

    @Test
    void shouldTellIgnoredFields() {
        HttpResponse<String> response = rig.post(PATH, "{\"prompt\":\"x\",\"user\":\"u\",\"frob\":1,\"n\":1}");
        assertThat(response.headers().firstValue(IgnoredFields.HEADER)).contains("user, frob");
    }

    @Test
    void shouldAllowPostAlone() {
        assertThat(rig.get(PATH).statusCode()).isEqualTo(405);
    }

    @Test
    void shouldEndAStreamWithAnErrorEvent() {
        try (ServerRig failing = ServerRig.start(prompt -> "x".repeat(1000));
                RawClient client = failing.raw()) {
            Gate gate = failing.gate();
            post(client, "{\"prompt\":\"hi\",\"max_tokens\":500,\"stream\":true}");
            gate.step(3);
            client.readUntil("\"text\":\"x\"");
            failing.runner.breakForGood();
            failing.runner.inject(Fault.FAILED);
            gate.open();
            assertThat(client.readAll())
                    .contains("event: error\ndata: {\"error\":{")
                    .doesNotContain("[DONE]");
        }
    }

    @Test
    void shouldEndWhenItsClientGoes() {
        try (ServerRig endless = new ServerRig(
                        ServerRig.config(), EngineOptions.defaults(), (prompt, tokens, length, output) -> 'a');
                RawClient client = endless.raw()) {
            Gate gate = endless.gate();
            post(client, "{\"prompt\":[\"x\",\"y\"],\"max_tokens\":5000}");
            ServerRig.await("tokens", () -> {
                gate.step(1);
                return endless.engine.metrics().decodeTokens() > 3;
            });
            client.reset();
            ServerRig.await("the answer's end", () -> {
                gate.step(1);
                return endless.server.running() == 0 && endless.engine.metrics().cancelled() == 2;
            });
        }
    }

    private static void post(RawClient client, String body) {
        client.send("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n"
                + body);
    }

    // ---- openai-java

    private static CompletionCreateParams.Builder params(String prompt) {
        return CompletionCreateParams.builder()
                .model(CompletionCreateParams.Model.GPT_3_5_TURBO_INSTRUCT)
                .prompt(prompt);
    }

    @Test
    void shouldAnswerOpenAiJava() {
        Completion completion = openai.completions()
                .create(params("ab").n(2).logprobs(1).echo(false).build())
                .validate();
        assertThat(completion.choices()).hasSize(2);
        CompletionChoice choice = completion.choices().getFirst();
        assertThat(choice.text()).isEqualTo("AB \u20ac. ");
        assertThat(choice.finishReason()).isEqualTo(CompletionChoice.FinishReason.STOP);
        assertThat(choice.logprobs().orElseThrow().tokens().orElseThrow()).startsWith("A", "B");
        assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(16);
    }

    @Test
    void shouldStreamToOpenAiJava() {
        StringBuilder text = new StringBuilder();
        long[] tokens = {0};
        CompletionCreateParams request = params("stream")
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<Completion> stream = openai.completions().createStreaming(request)) {
            stream.stream().forEach(chunk -> {
                chunk.choices().forEach(choice -> text.append(choice.text()));
                chunk.usage().ifPresent(usage -> tokens[0] = usage.completionTokens());
            });
        }
        assertThat(text).hasToString("STREAM \u20ac. ");
        assertThat(tokens[0]).isEqualTo(12);
    }

    @Test
    void shouldTellOpenAiJavaWhatIsWrong() {
        BadRequestException e = catchThrowableOfType(
                BadRequestException.class,
                () -> openai.completions()
                        .create(params("x").maxTokens(0).logprobs(1).build()));
        assertThat(e.param()).contains("max_tokens");
        assertThat(e.getMessage()).contains("echo");
    }
}
