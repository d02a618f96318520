package dev.martlet.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.time.Clock;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Small templates of our own against what Python's Jinja2 makes of them. */
class JinjaSemanticsTest {

    @TestFactory
    Stream<DynamicTest> shouldDoAsPythonDoes() throws IOException {
        JsonObject file;
        try (var in = JinjaSemanticsTest.class.getResourceAsStream("semantics.json");
                var reader = Json.createReader(in)) {
            file = reader.readObject();
        }
        Clock clock = Bundle.clock(file.getString("now"));
        var cases = file.getJsonArray("cases").getValuesAs(JsonObject.class);
        assertThat(cases).hasSizeGreaterThan(290);
        return cases.stream()
                .map(one -> DynamicTest.dynamicTest(
                        one.getString("group") + ": " + one.getString("template"),
                        () -> check(one, file.getJsonObject("context"), clock)));
    }

    private static void check(JsonObject one, JsonObject context, Clock clock) {
        if (one.containsKey("error")) {
            assertThatThrownBy(() ->
                            JinjaTemplate.compile(one.getString("template")).render(context, clock))
                    .isInstanceOfSatisfying(
                            TemplateException.class, e -> assertThat(e.line()).isPositive());
        } else {
            assertThat(JinjaTemplate.compile(one.getString("template")).render(context, clock))
                    .isEqualTo(one.getString("expect"));
        }
    }
}
