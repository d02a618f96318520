package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the model reads, over HTTP; one token per byte. */
@Timeout(120)
class TokenizationIT {
    private static final String CHAT = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n";

    private static ServerRig rig;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> "ok");
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    private static JsonObject ask(String path, String body) {
        HttpResponse<String> response = rig.post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        return ServerRig.json(response);
    }

    @Test
    void shouldTokenizeAText() {
        assertThat(ask("/tokenize", "{\"prompt\":\"a<|mark|>\u00e9\"}").toString())
                .isEqualTo("{\"count\":4,\"max_model_len\":16384,\"tokens\":[97,257,195,169]}");
        assertThat(ask("/tokenize", "{\"prompt\":\"\"}").getInt("count")).isZero();
    }

    @Test
    void shouldTellTheTokensTexts() {
        JsonObject answer = ask("/tokenize", "{\"prompt\":\"a<|mark|>\u00e9\",\"return_token_strs\":true}");
        assertThat(answer.getJsonArray("token_strs").toString())
                .isEqualTo("[\"a\",\"<|mark|>\",\"\ufffd\",\"\ufffd\"]");
    }

    @Test
    void shouldTokenizeAChatAsItsCompletionDoes() {
        JsonObject answer = ask("/tokenize", ServerRig.body("hi", ""));
        assertThat(answer.getInt("count")).isEqualTo(CHAT.length());
        assertThat(ServerRig.json(rig.post(ServerRig.body("hi", "")))
                        .getJsonObject("usage")
                        .getInt("prompt_tokens"))
                .isEqualTo(CHAT.length());
        assertThat(ask("/detokenize", "{\"tokens\":" + answer.getJsonArray("tokens") + "}")
                        .getString("prompt"))
                .isEqualTo(CHAT);
        assertThat(ask("/tokenize", ServerRig.body("hi", "\"add_generation_prompt\":false"))
                        .getInt("count"))
                .isLessThan(CHAT.length());
    }

    @Test
    void shouldDetokenize() {
        assertThat(ask("/detokenize", "{\"tokens\":[97,257,195,169,195]}").getString("prompt"))
                .isEqualTo("a<|mark|>\u00e9\ufffd");
        assertThat(ask("/detokenize", "{\"tokens\":[]}").getString("prompt")).isEmpty();
    }

    @Test
    void shouldApplyTheTemplate() {
        assertThat(ask("/apply-template", ServerRig.body("hi", "")).getString("prompt"))
                .isEqualTo(CHAT);
        String last =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"Well\"}],"
                        + "\"continue_final_message\":true}";
        assertThat(ask("/apply-template", last).getString("prompt")).endsWith("assistant\nWell");
    }

    @Test
    void shouldTellWhatHasNoEffect() {
        assertThat(rig.post("/apply-template", ServerRig.body("hi", "\"temperature\":1,\"stream\":true"))
                        .headers()
                        .firstValue(IgnoredFields.HEADER))
                .contains("temperature, stream");
        assertThat(rig.post("/tokenize", ServerRig.body("hi", "\"add_special_tokens\":true"))
                        .headers()
                        .firstValue(IgnoredFields.HEADER))
                .contains("add_special_tokens");
        assertThat(rig.post("/tokenize", "{\"prompt\":\"x\",\"add_special_tokens\":false}")
                        .headers()
                        .firstValue(IgnoredFields.HEADER))
                .isEmpty();
    }

    @ParameterizedTest(name = "{0} {1} -> {2}")
    @CsvSource(delimiter = ';', quoteCharacter = '~', textBlock = """
            /tokenize;{};prompt
            /tokenize;{"prompt":5};prompt
            /tokenize;{"prompt":["a"]};prompt
            /tokenize;{"prompt":"x","add_special_tokens":1};add_special_tokens
            /tokenize;{"prompt":"x","return_token_strs":"yes"};return_token_strs
            /tokenize;{"prompt":"x","messages":[]};prompt
            /tokenize;{"messages":[]};messages
            /tokenize;{"messages":[{"role":"user"}]};messages[0].content
            /tokenize;{"prompt":"x","model":5};model
            /detokenize;{};tokens
            /detokenize;{"tokens":"x"};tokens
            /detokenize;{"tokens":[1,258]};tokens[1]
            /detokenize;{"tokens":[-1]};tokens[0]
            /detokenize;{"tokens":["a"]};tokens[0]
            /apply-template;{};messages
            /apply-template;{"messages":[{"role":"user","content":"x"}],"tools":5};tools
            /apply-template;{"messages":[{"role":"user","content":"x"}],"chat_template_kwargs":5};chat_template_kwargs
            """)
    void shouldNameTheFieldAtFault(String path, String body, String param) {
        HttpResponse<String> response = rig.post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        JsonObject error = ServerRig.json(response).getJsonObject("error");
        assertThat(error.getString("param")).isEqualTo(param);
        assertThat(error.getString("type")).isEqualTo("invalid_request_error");
    }

    @Test
    void shouldHoldToItsModelsNameWhereToldTo() {
        try (ServerRig strict = ServerRig.start(ServerRig.config().withStrictModel(true), prompt -> "ok")) {
            assertThat(strict.post("/tokenize", "{\"prompt\":\"x\",\"model\":\"other\"}")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(strict.post("/tokenize", "{\"prompt\":\"x\",\"model\":\"" + ServerRig.MODEL + "\"}")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(strict.post("/v1/completions", "{\"prompt\":\"x\",\"model\":\"other\"}")
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void shouldRefuseABodyThatIsTooLong() {
        try (ServerRig small = ServerRig.start(ServerRig.config().withMaxBodyBytes(1024), prompt -> "ok")) {
            HttpResponse<String> response = small.post("/tokenize", "{\"prompt\":\"" + "x".repeat(2000) + "\"}");
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(ServerRig.json(response).getJsonObject("error").getString("code"))
                    .isEqualTo("request_too_large");
        }
    }

    @Test
    void shouldWaitForTheModel() {
        try (MartletServer loading = MartletServer.start(ServerRig.config());
                RawClient client = RawClient.connect(loading.port())) {
            String answer = client.send("POST /tokenize HTTP/1.1\r\nHost: localhost\r\n"
                            + "Content-Length: 14\r\n\r\n{\"prompt\":\"x\"}")
                    .readUntil("model_loading");
            assertThat(answer).startsWith("HTTP/1.1 503");
        }
    }
}
