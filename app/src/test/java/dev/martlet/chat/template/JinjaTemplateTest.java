package dev.martlet.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class JinjaTemplateTest {

    @Test
    void shouldRenderFromManyThreadsAtOnce() throws Exception {
        var template = JinjaTemplate.compile("{% set ns = namespace(n=0) %}{% macro m(k) %}{{ k }}{{ x }}{% endmacro %}"
                + "{% for i in range(200) %}{% set ns.n = ns.n + i * x %}{% endfor %}{{ ns.n }} {{ m(x) }}");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = new ArrayList<Future<String>>();
            for (int i = 0; i < 64; i++) {
                JsonObject context = Json.createObjectBuilder().add("x", i).build();
                Callable<String> render = () -> template.render(context);
                results.add(threads.submit(render));
            }
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get()).isEqualTo(19900 * i + " " + i + i);
            }
        }
    }

    @Test
    void shouldStartEveryRenderingAnew() {
        var template = JinjaTemplate.compile(
                "{% set l = [] %}{% set _ = l.append(x) %}{{ l }}{{ y is defined }}{% set y = 1 %}",
                TemplateLimits.DEFAULT, true);
        JsonObject context = Json.createObjectBuilder().add("x", "a").build();
        assertThat(template.render(context)).isEqualTo("['a']False");
        assertThat(template.render(context)).isEqualTo("['a']False");
    }

    @Test
    void shouldNotChangeContext() {
        var template = JinjaTemplate.compile("{% set _ = d.pop('a') %}{{ d }}", TemplateLimits.DEFAULT, true);
        JsonObject context = Json.createObjectBuilder()
                .add("d", Json.createObjectBuilder().add("a", 1))
                .build();
        assertThat(template.render(context)).isEqualTo("{}");
        assertThat(template.render(context)).isEqualTo("{}");
    }

    @Test
    void shouldTellTimeOfClock() {
        Clock clock = Clock.fixed(Instant.parse("2024-12-30T23:05:09Z"), ZoneOffset.ofHours(2));
        var template = JinjaTemplate.compile("{{ strftime_now('%A %-d %B %Y, %-I:%M %p; %G-W%V-%u %j %y') }}");
        assertThat(template.render(JsonValue.EMPTY_JSON_OBJECT, clock))
                .isEqualTo("Tuesday 31 December 2024, 1:05 AM; 2025-W01-2 366 24");
    }

    @Test
    void shouldTellFloatsFromInts() {
        JsonObject context = Json.createObjectBuilder()
                .add("i", 2)
                .add("f", Json.createValue(new java.math.BigDecimal("2.0")))
                .add("e", Json.createValue(new java.math.BigDecimal("1e3")))
                .add("big", Json.createValue(new java.math.BigInteger("123456789012345678901234567890")))
                .build();
        assertThat(JinjaTemplate.compile("{{ i }} {{ f }} {{ e }} {{ big }}").render(context))
                .isEqualTo("2 2.0 1000.0 123456789012345678901234567890");
    }

    @Test
    void shouldReachUnknownFilterOnlyWhenItRuns() {
        assertThat(JinjaTemplate.compile("{% if x %}{{ x|unknown }}{% endif %}ok")
                        .render(JsonValue.EMPTY_JSON_OBJECT))
                .isEqualTo("ok");
        assertThatThrownBy(() -> JinjaTemplate.compile("{{ 1|unknown }}").render(JsonValue.EMPTY_JSON_OBJECT))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining("No filter named 'unknown'.");
    }

    @Test
    void shouldNameBothEndsOfWrongNesting() {
        assertThatThrownBy(() -> JinjaTemplate.compile("{% for x in y %}{% endif %}"))
                .hasMessageContaining("Encountered unknown tag 'endif'");
        assertThatThrownBy(() -> JinjaTemplate.compile("{% if x %}"))
                .hasMessageContaining("unexpected end of template");
        assertThatThrownBy(() -> JinjaTemplate.compile("{{ [1, 2 }}")).hasMessageContaining("unexpected '}'");
    }

    @Test
    void shouldAllowMoreForLongerContext() {
        var limits = new TemplateLimits(1000, 100_000, 1 << 24, 10_000, 100);
        var template = JinjaTemplate.compile("{% set a = x ~ x %}{{ a ~ a }}", limits, false);
        JsonObject context =
                Json.createObjectBuilder().add("x", "y".repeat(100_000)).build();
        assertThat(template.render(context)).hasSize(400_000);
    }
}
