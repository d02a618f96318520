package dev.martlet.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.JsonObject;
import java.time.Clock;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Prompts of real templates, character by character as Python Jinja2 renders them. */
class TemplateGoldenIT {

    @TestFactory
    Stream<DynamicTest> shouldRenderAsPythonDoes() {
        JsonObject golden = Bundle.golden();
        Clock clock = Bundle.clock(golden.getString("now"));
        assertThat(golden.getJsonArray("renders")).hasSize(94);
        return golden.getJsonArray("renders").getValuesAs(JsonObject.class).stream()
                .map(render -> DynamicTest.dynamicTest(
                        render.getString("template") + " " + render.getString("scenario"),
                        () -> check(render, golden.getJsonObject("scenarios"), clock)));
    }

    private static void check(JsonObject render, JsonObject scenarios, Clock clock) {
        var template = JinjaTemplate.compile(Bundle.source(render.getString("template")));
        JsonObject context = scenarios.getJsonObject(render.getString("scenario"));
        if (render.getBoolean("error", false)) {
            assertThatThrownBy(() -> template.render(context, clock)).isInstanceOf(TemplateException.class);
        } else {
            assertThat(template.render(context, clock)).isEqualTo(render.getString("expect"));
        }
    }
}
