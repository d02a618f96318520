package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineMetrics;
import dev.martlet.engine.EngineOptions;
import dev.martlet.model.Model;
import dev.martlet.model.TestModel;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Eight real clients against the server with the default model: the table of what each does. All bytes pass a proxy that
 * remembers them, so that what a client saw is compared with what it got, and all it got with OpenAI's own description.
 */
@Timeout(300)
class ClientMatrixIT {
    private static final int RUNNING = 2;
    private static final int WAITING = 2;

    /** Tokens of an answer whose request names no limit. */
    private static final int MOST_UNASKED = 300;

    private static final Map<MatrixRow, Map<MatrixCell, String>> RESULTS = new EnumMap<>(MatrixRow.class);

    private static Model model;
    private static Engine engine;
    private static MartletServer server;
    private static OpenAiDocument document;

    @BeforeAll
    static void start() {
        document = new OpenAiDocument();
        model = Model.open(TestModel.path());
        engine = Engine.start(
                model,
                EngineOptions.defaults()
                        .withContextTokens(8_192)
                        .withMaxSequences(RUNNING)
                        .withQueueLimit(WAITING));
        // The scanner names no limit, and this model may go on until the context is full.
        server = MartletServer.start(
                ServerRig.config().withDefaultMaxTokens(MOST_UNASKED),
                ServedModel.of("smol", model, engine, Optional.empty(), Optional.empty()));
    }

    @AfterAll
    static void stop() {
        server.close();
        engine.close();
        model.close();
        System.out.println("\n" + MatrixRow.table(RESULTS));
        System.out.println("Valid by OpenAI's own description: " + document.answers() + " answers, " + document.chunks()
                + " chunks\n");
    }

    @ParameterizedTest
    @EnumSource
    void shouldServe(MatrixRow row) {
        Map<MatrixCell, String> results = new EnumMap<>(MatrixCell.class);
        RESULTS.put(row, results);
        SoftAssertions all = new SoftAssertions();
        try (MatrixClient client = row.start()) {
            for (MatrixCell cell : MatrixCell.values()) {
                results.put(cell, row.cannot.containsKey(cell) ? "-" : attempt(client, row, cell, all));
            }
        }
        all.assertAll();
    }

    private static String attempt(MatrixClient client, MatrixRow row, MatrixCell cell, SoftAssertions all) {
        int before = all.errorsCollected().size();
        all.assertThatCode(() -> run(client, cell))
                .as("%s: %s", row.title(), cell.title)
                .doesNotThrowAnyException();
        return all.errorsCollected().size() == before ? "yes" : "FAILED";
    }

    private static void run(MatrixClient client, MatrixCell cell) {
        FullHouse house = new FullHouse(engine, server.port(), cell == MatrixCell.RETRY ? RUNNING + WAITING : 0);
        try (RecordingProxy proxy = new RecordingProxy(server.port(), house::fill, house::leave)) {
            EngineMetrics earlier = engine.metrics();
            JsonObject seen = client.run(cell, proxy.base());
            ServerRig.await("the last answer's end", () -> server.running() == 0);
            List<Exchange> exchanges = proxy.exchanges();
            assertThat(seen.getString("failed", "")).isEmpty();
            assertThat(exchanges).flatExtracting(document::faults).isEmpty();
            switch (cell) {
                case TEXT -> checkText(seen, exchanges);
                case STREAM -> checkStream(seen, exchanges);
                case TOOLS -> checkTools(seen, exchanges);
                case STRUCTURED -> checkStructured(seen, exchanges);
                case ERROR -> checkError(seen, exchanges);
                case RETRY -> checkRetry(seen, exchanges);
                case CANCEL -> checkCancel(seen, exchanges, earlier);
            }
        }
    }

    @Test
    void shouldSatisfyTheScanner() {
        try (RecordingProxy proxy = new RecordingProxy(server.port(), () -> {}, () -> {})) {
            JsonObject report = object(ClientScripts.run("compatcanary.mjs", proxy.base(), "smol"));
            System.out.println(
                    "CompatCanary: score " + report.getInt("score") + ", " + report.getJsonObject("summary"));
            assertThat(report.getInt("score")).as("%s", report).isEqualTo(100);
            assertThat(proxy.exchanges()).flatExtracting(document::faults).isEmpty();
        }
    }

    /** What the clients do not ask for; the first word is the path. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "chat/completions {'messages':[M],'n':2,'logprobs':true,'top_logprobs':2,'max_tokens':4}",
                "chat/completions {'messages':[M],'n':2,'logprobs':true,'max_tokens':4,'stream':true,U}",
                "chat/completions {'messages':[M],'tools':[T],'tool_choice':'required','stream':true,'max_tokens':40}",
                "chat/completions {'messages':[M],'functions':[F],'function_call':{'name':'f'},'max_tokens':40}",
                "chat/completions {'messages':[M],'functions':[F],'function_call':{'name':'f'},'stream':true}",
                "chat/completions {'messages':[]}",
                "completions {'prompt':['The','A'],'n':2,'logprobs':2,'max_tokens':4}",
                "completions {'prompt':'The','echo':true,'max_tokens':4,'stream':true,U}",
                "completions {'prompt':'The','stop':['e','a'],'max_tokens':40}",
                "completions {'prompt':7}",
                "responses {'input':'Hi','max_output_tokens':16}",
                "responses {'input':'Hi','max_output_tokens':16,'stream':true,'metadata':{'a':'b'}}",
                "responses {'input':'Hi','tools':[R],'tool_choice':'required','stream':true,'max_output_tokens':40}",
                "responses {'input':'Hi','text':{'format':{'type':'json_schema','name':'x','schema':{'enum':[1,2]}}}}",
                "responses {'input':7}",
                "models",
                "models/smol",
                "models/other"
            })
    void shouldAnswerAsOpenAiDescribesIt(String asked) throws Exception {
        String[] parts = asked.split(" ", 2);
        try (RecordingProxy proxy = new RecordingProxy(server.port(), () -> {}, () -> {});
                HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(proxy.base() + "/" + parts[0]));
            if (parts.length > 1) {
                request.POST(HttpRequest.BodyPublishers.ofString(written(parts[1])));
            }
            http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            assertThat(document.faults(only(proxy.exchanges()))).isEmpty();
        }
    }

    private static String written(String body) {
        return body.replace("U", "'stream_options':{'include_usage':true}")
                .replace("[M]", "[{'role':'user','content':'Hi'}]")
                .replace("[T]", "[{'type':'function','function':F}]")
                .replace("[R]", "[{'type':'function','name':'f','strict':true,'parameters':P}]")
                .replace("F", "{'name':'f','parameters':P}")
                .replace(
                        "P",
                        "{'type':'object','properties':{'x':{'enum':[1,2]}},'required':['x'],'additionalProperties':false}")
                .replace('\'', '"');
    }

    private static Exchange only(List<Exchange> exchanges) {
        assertThat(exchanges).hasSize(1);
        return exchanges.getFirst();
    }

    private static void checkText(JsonObject seen, List<Exchange> exchanges) {
        assertThat(seen.getString("text"))
                .isNotBlank()
                .isEqualTo(only(exchanges).content());
    }

    private static void checkStream(JsonObject seen, List<Exchange> exchanges) {
        List<String> pieces = seen.getJsonArray("pieces").getValuesAs(JsonString::getString);
        assertThat(only(exchanges).streamed()).isTrue();
        assertThat(pieces).hasSizeGreaterThan(1);
        assertThat(String.join("", pieces)).isEqualTo(only(exchanges).content());
    }

    private static void checkTools(JsonObject seen, List<Exchange> exchanges) {
        assertThat(exchanges).hasSize(2);
        assertThat(exchanges.getFirst().request().getString("tool_choice")).isEqualTo("required");
        List<String> called = exchanges
                .getFirst()
                .answer()
                .getJsonArray("choices")
                .getJsonObject(0)
                .getJsonObject("message")
                .getJsonArray("tool_calls")
                .getValuesAs(JsonObject.class)
                .stream()
                .map(call -> object(call.getJsonObject("function").getString("arguments"))
                        .getString("city"))
                .toList();
        assertThat(called).isNotEmpty();
        assertThat(seen.getJsonArray("cities").getValuesAs(JsonString::getString))
                .isEqualTo(called);
        assertThat(exchanges.getLast().request().getJsonArray("messages").getValuesAs(JsonObject.class).stream()
                        .filter(message -> message.getString("role").equals("tool"))
                        .map(message -> message.get("content").toString()))
                .hasSameSizeAs(called)
                .allMatch(result -> called.stream().anyMatch(city -> result.contains("mild in " + city)));
        assertThat(seen.getString("text")).isEqualTo(exchanges.getLast().content());
    }

    private static void checkStructured(JsonObject seen, List<Exchange> exchanges) {
        Exchange exchange = only(exchanges);
        assertThat(exchange.request().getJsonObject("response_format").getString("type"))
                .isEqualTo("json_schema");
        assertThat((JsonValue) seen).isEqualTo(object(exchange.content()));
        assertThat(seen.getString("sky")).isIn("clear", "cloudy");
    }

    private static void checkError(JsonObject seen, List<Exchange> exchanges) {
        assertThat(only(exchanges).status()).isEqualTo(400);
        assertThat(seen.getInt("status")).isEqualTo(400);
        assertThat(seen.getString("message")).contains("temperature");
    }

    private static void checkRetry(JsonObject seen, List<Exchange> exchanges) {
        assertThat(exchanges).extracting(Exchange::status).containsExactly(429, 200);
        assertThat(seen.getString("text"))
                .isNotBlank()
                .isEqualTo(exchanges.getLast().content());
    }

    private static void checkCancel(JsonObject seen, List<Exchange> exchanges, EngineMetrics earlier) {
        assertThat(seen.getBoolean("left")).isTrue();
        assertThat(only(exchanges).body()).doesNotContain("[DONE]");
        assertThat(engine.metrics().cancelled()).isEqualTo(earlier.cancelled() + 1);
        assertThat(engine.metrics().decodeTokens() - earlier.decodeTokens()).isLessThan(MatrixCell.CANCEL.tokens);
    }

    private static JsonObject object(String json) {
        return Json.object(json.getBytes(StandardCharsets.UTF_8));
    }
}
