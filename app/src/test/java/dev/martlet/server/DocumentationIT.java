package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.martlet.access.Access;
import dev.martlet.access.ApiKeys;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The description against the server that it describes, and the page that shows it. */
@Timeout(180)
class DocumentationIT {
    private static final Pattern PARAMETER = Pattern.compile("\\{\\+?(\\w+)}");

    private static ServerRig rig;
    private static JsonObject document;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> "Hello <there> & \"bye\".");
        document = ServerRig.json(rig.get("/openapi.json"));
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    /** One documented operation. */
    private record Operation(String method, String path, JsonObject told) {
        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    static Stream<Operation> operations() {
        return document.getJsonObject("paths").entrySet().stream()
                .flatMap(path -> path.getValue().asJsonObject().entrySet().stream()
                        .map(method -> new Operation(
                                method.getKey().toUpperCase(Locale.ROOT),
                                path.getKey(),
                                method.getValue().asJsonObject())));
    }

    @Test
    void shouldDescribeTheRoutesAndNoOthers() {
        Set<String> documented = operations().map(Operation::toString).collect(Collectors.toCollection(TreeSet::new));
        Set<String> registered = rig.server.answered().stream()
                .map(route -> route.method().text() + " "
                        + PARAMETER.matcher(route.path()).replaceAll("{$1}"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented).isEqualTo(registered);
    }

    @Test
    void shouldNameEachOperationOnce() {
        assertThat(operations().map(operation -> operation.told().getString("operationId")))
                .doesNotHaveDuplicates();
        Set<String> tags = document.getJsonArray("tags").getValuesAs(JsonObject.class).stream()
                .map(tag -> tag.getString("name"))
                .collect(Collectors.toSet());
        assertThat(operations())
                .allMatch(operation ->
                        tags.containsAll(operation.told().getJsonArray("tags").getValuesAs(JsonString::getString)));
    }

    @Test
    void shouldPointToNothingThatIsNotThere() {
        Matcher reference = Pattern.compile("\"\\$ref\":\"#(/[^\"]+)\"").matcher(document.toString());
        int found = 0;
        while (reference.find()) {
            String pointer = reference.group(1);
            assertThat(jakarta.json.Json.createPointer(pointer).containsValue(document))
                    .as(pointer)
                    .isTrue();
            found++;
        }
        assertThat(found).isGreaterThan(50);
    }

    private static JsonSchema schema(JsonObject schema) {
        JsonObject whole = Json.builders()
                .createObjectBuilder(schema)
                .add("components", document.get("components"))
                .build();
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(whole.toString(), InputFormat.JSON);
    }

    private static void matches(JsonValue answer, JsonObject schema) {
        assertThat(schema(schema).validate(answer.toString(), InputFormat.JSON))
                .as(answer.toString())
                .isEmpty();
    }

    private static JsonObject member(JsonObject from, String... names) {
        JsonObject at = from;
        for (String name : names) {
            at = at.getJsonObject(name);
        }
        return at;
    }

    @ParameterizedTest
    @MethodSource("operations")
    void shouldAnswerAsDescribed(Operation operation) {
        JsonObject good = member(operation.told(), "responses", "200", "content");
        String path = operation.path().replace("{id}", ServerRig.MODEL);
        if (operation.method().equals("GET")) {
            HttpResponse<String> response = rig.get(path);
            assertThat(response.statusCode()).isEqualTo(200);
            String type = response.headers().firstValue("content-type").orElseThrow();
            assertThat(good.keySet()).contains(type.replaceAll(";.*", ""));
            if (good.containsKey("application/json")) {
                matches(ServerRig.json(response), member(good, "application/json", "schema"));
            }
            return;
        }
        JsonObject content = member(operation.told(), "requestBody", "content", "application/json");
        JsonObjectBuilder body = Json.builders()
                .createObjectBuilder(content.getJsonObject("example"))
                .remove("stream");
        JsonObject request = body.build();
        matches(request, content.getJsonObject("schema"));
        HttpResponse<String> whole = rig.post(path, request.toString());
        assertThat(whole.statusCode()).as(whole.body()).isEqualTo(200);
        assertThat(whole.headers().firstValue(IgnoredFields.HEADER)).isEmpty();
        matches(ServerRig.json(whole), member(good, "application/json", "schema"));
        if (good.containsKey("text/event-stream")) {
            String streamed = rig.post(
                            path,
                            Json.builders()
                                    .createObjectBuilder(request)
                                    .add("stream", true)
                                    .add(
                                            "stream_options",
                                            Json.builders()
                                                    .createObjectBuilder()
                                                    .add("include_usage", true))
                                    .build()
                                    .toString())
                    .body();
            data(streamed).forEach(event -> matches(event, member(good, "text/event-stream", "schema")));
        }
    }

    /** What the events of a stream hold, whether they are named or not. */
    private static List<JsonObject> data(String stream) {
        return stream.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> Json.object(line.substring("data: ".length()).getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("operations")
    void shouldRefuseAsDescribed(Operation operation) {
        boolean anthropic = operation.path().startsWith("/v1/messages");
        JsonObject error = Json.builders()
                .createObjectBuilder()
                .add("$ref", "#/components/schemas/" + (anthropic ? "AnthropicError" : "Error"))
                .build();
        if (operation.method().equals("POST")) {
            HttpResponse<String> response = rig.post(operation.path(), "{\"messages\":5,\"prompt\":{},\"tokens\":5}");
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(member(operation.told(), "responses")).containsKey("400");
            matches(ServerRig.json(response), error);
        }
        if (operation.path().contains("{id}")) {
            HttpResponse<String> response = rig.get(operation.path().replace("{id}", "other/model"));
            assertThat(response.statusCode()).isEqualTo(404);
            matches(ServerRig.json(response), error);
        }
    }

    @ParameterizedTest
    @MethodSource("operations")
    void shouldEndAtTheDocumentedTimeout(Operation operation) {
        JsonObject responses = member(operation.told(), "responses");
        if (!responses.containsKey("504")) {
            assertThat(operation.told().toString()).doesNotContain("/parameters/Timeout");
            return;
        }
        try (ServerRig slow = ServerRig.start(prompt -> "x".repeat(1_000))) {
            slow.runner.beforeStep(() -> LockSupport.parkNanos(20_000_000));
            HttpResponse<String> late = slow.send(HttpRequest.newBuilder(slow.uri(operation.path()))
                    .header("x-request-timeout-ms", "50")
                    .POST(HttpRequest.BodyPublishers.ofString(Json.builders()
                            .createObjectBuilder(
                                    member(operation.told(), "requestBody", "content", "application/json", "example"))
                            .remove("stream")
                            .build()
                            .toString()))
                    .build());
            assertThat(late.statusCode()).isEqualTo(504);
            String name =
                    responses.getJsonObject("504").getString("$ref").substring("#/components/responses/".length());
            JsonObject told = member(document, "components", "responses", name);
            matches(ServerRig.json(late), member(told, "content", "application/json", "schema"));
        }
    }

    // ---- the page

    private static String between(String text, String from, String to) {
        int start = text.indexOf(from) + from.length();
        return text.substring(start, text.indexOf(to, start));
    }

    @Test
    void shouldLetThePageRunItsOwnScriptAlone() throws Exception {
        HttpResponse<String> response = rig.get("/docs");
        assertThat(response.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
        String policy = response.headers().firstValue("content-security-policy").orElseThrow();
        List<String> rules = List.of(policy.split("; "));
        assertThat(rules).contains("default-src 'none'", "connect-src 'self'", "base-uri 'none'");
        assertThat(policy).doesNotContain("unsafe").doesNotContain("http").doesNotContain("*");
        assertThat(rules).contains("script-src " + hash(between(response.body(), "<script>", "</script>")));
        assertThat(rules).contains("style-src " + hash(between(response.body(), "<style>", "</style>")));
        assertThat(response.body())
                .doesNotContain("src=")
                .doesNotContain("http:")
                .doesNotContain("https:")
                .doesNotContain("@import")
                .doesNotContain("innerHTML")
                .doesNotContain("style=");
    }

    private static String hash(String source) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(source.getBytes(StandardCharsets.UTF_8));
        return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    }

    @Test
    void shouldShowAndSendFromThePage() {
        JsonObject seen = Json.object(
                ClientScripts.run("docs-page.mjs", rig.uri("/docs").toString()).getBytes(StandardCharsets.UTF_8));
        assertThat(seen.getJsonArray("operations")).hasSize((int) operations().count());
        assertThat(seen.getString("fields"))
                .contains("temperature")
                .contains("0 to 2")
                .contains("include_usage");
        assertThat(seen.getString("streamed")).isEqualTo("Hello <there> & \"bye\".");
        assertThat(seen.getString("events")).contains("text_completion").endsWith("[DONE]\n");
        assertThat(seen.getString("curl"))
                .contains("/v1/completions")
                .contains("'x-request-timeout-ms: 60000'")
                .contains("\"prompt\"");
        assertThat(seen.getString("tokens")).contains("\"count\": 10");
        assertThat(seen.getString("model")).contains(ServerRig.MODEL);
        assertThat(seen.getString("refused")).startsWith("400").contains("temperature");
        assertThat(seen.getString("curl")).doesNotContain("Authorization");
    }

    @Test
    void shouldWorkInABrowser() {
        JsonObject seen = Json.object(
                ClientScripts.run("docs-browser.mjs", rig.uri("/docs").toString())
                        .getBytes(StandardCharsets.UTF_8));
        if (seen.getString("browser").isEmpty()) {
            System.out.println(
                    "DocumentationIT: /docs was NOT tried in a browser: no chromium or google-chrome is there");
            Assumptions.abort("no browser");
        }
        System.out.println("DocumentationIT: /docs tried in " + seen.getString("browser"));
        assertThat(seen.getString("streamed")).isEqualTo("Hello <there> & \"bye\".");
        assertThat(seen.getString("answer")).startsWith("200");
        assertThat(seen.getString("refused")).startsWith("400").contains("temperature");
        assertThat(seen.getInt("overflow")).isNotPositive();
        assertThat(seen.getJsonArray("problems")).isEmpty();
    }

    @Test
    void shouldSendTheReadersKeyFromThePage() {
        Access access = Access.open().withKeys(ApiKeys.of(List.of("sk-reader"), Optional.empty()));
        try (ServerRig closed = ServerRig.start(ServerRig.config().withAccess(access), prompt -> "Hello.")) {
            JsonObject seen = Json.object(
                    ClientScripts.run("docs-page.mjs", closed.uri("/docs").toString(), "sk-reader")
                            .getBytes(StandardCharsets.UTF_8));
            assertThat(seen.getString("streamed")).isEqualTo("Hello.");
            assertThat(seen.getString("curl"))
                    .contains("Authorization: Bearer $API_KEY")
                    .doesNotContain("sk-");
        }
    }
}
