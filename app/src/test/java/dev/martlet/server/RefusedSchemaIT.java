package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Promises that cannot be kept: refused with the place, and nothing is generated. */
@Timeout(120)
class RefusedSchemaIT {
    private static ServerRig rig;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> "{}");
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @AfterEach
    void nothingWasGenerated() {
        assertThat(rig.runner.steps()).isZero();
    }

    private static JsonObject refused(String members) {
        HttpResponse<String> response = rig.post(ServerRig.body("hi", members));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        return ServerRig.json(response).getJsonObject("error");
    }

    private static String format(String schema) {
        return "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":" + schema
                + "}}";
    }

    private static final String SCHEMA = "response_format.json_schema.schema";

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"properties":{"a":{"type":"array","uniqueItems":true,"items":{}}}} | .properties.a.uniqueItems | uniqueItems | unsupported_value
            {"type":"string","pattern":"(a)\\\\1"}          | .pattern     | \\1       | unsupported_value
            {"type":"string","minLength":3,"maxLength":2}   |              | satisfies | invalid_value
            {"type":"object","properties":{"a":false},"required":["a"]} | | satisfies | invalid_value
            {"$ref":"#/nowhere"}                            | .$ref        | nowhere   | invalid_value
            {"$ref":"https://example.com/other.json"}       | .$ref        | other     | unsupported_value
            {"anyOf":[{"type":"number"},{"type":"strange"}]} | .anyOf[1].type | type    | invalid_value
            """)
    void shouldNameThePlace(String schema, String place, String word, String code) {
        JsonObject error = refused(format(schema));
        assertThat(error.getString("param")).isEqualTo(SCHEMA + (place == null ? "" : place));
        assertThat(error.getString("message")).contains(word);
        assertThat(error.getString("code")).isEqualTo(code);
    }

    @Test
    void shouldRefuseWhatIsTooLarge() {
        String large = "{\"enum\":[\"" + "x".repeat(5_000_000) + "\"]}";
        assertThat(refused(format(large)).getString("param")).startsWith(SCHEMA);

        String deep = "{\"items\":".repeat(900) + "{}" + "}".repeat(900);
        assertThat(refused(format(deep)).getString("param")).startsWith(SCHEMA);
        // Deeper than any JSON that is read at all.
        String deeper = "{\"items\":".repeat(10_000) + "{}" + "}".repeat(10_000);
        assertThat(refused(format(deeper)).getString("message"))
                .matches(".* too deep .* at line \\d+, column \\d{4,}\\.");

        String product = IntStream.range(0, 40)
                .mapToObj(i -> "{\"anyOf\":[{\"$ref\":\"#/$defs/a\",\"minLength\":" + i + "},{\"pattern\":\"x.{" + i
                        + "}y\"}]},")
                .reduce("", String::concat);
        JsonObject error =
                refused(format("{\"allOf\":[" + product + "true],\"$defs\":{\"a\":{\"pattern\":\"a.{20}b\"}}}"));
        assertThat(error.getString("code")).isEqualTo("too_complex");
        assertThat(error.getString("param")).startsWith(SCHEMA);
    }

    @Test
    void shouldNameTheToolAtFault() {
        String tools = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"fine\"}},{\"type\":\"function\","
                + "\"function\":{\"name\":\"bad\",\"strict\":true,\"parameters\":{\"type\":\"object\",\"properties\":"
                + "{\"a\":{\"type\":\"string\",\"pattern\":\"(?<=x)y\"}}}}}]";
        String param = "tools[1].function.parameters.properties.a.pattern";
        assertThat(refused(tools).getString("param")).isEqualTo(param);
        assertThat(refused(tools + ",\"tool_choice\":\"required\"").getString("param"))
                .isEqualTo(param);
    }

    @Test
    void shouldRefuseGrammarsAndRegexesThatAreNone() {
        assertThat(refused("\"guided_regex\":\"a(b\"").getString("param")).isEqualTo("guided_regex");
        assertThat(refused("\"grammar\":\"root ::= nothing\"").getString("param"))
                .isEqualTo("grammar");
        assertThat(refused("\"guided_json\":\"{not json\"").getString("param")).isEqualTo("guided_json");
    }

    @Test
    void shouldNotPromiseWhatItCannotSee() {
        String begun =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"{\"}],"
                        + "\"continue_final_message\":true,\"response_format\":{\"type\":\"json_object\"}}";
        HttpResponse<String> response = rig.post(begun);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("\"continue_final_message\"");
        assertThat(refused("\"tools\":[{\"type\":\"python\"}],\"tool_choice\":\"required\"")
                        .getString("param"))
                .isEqualTo("tool_choice");
    }
}
