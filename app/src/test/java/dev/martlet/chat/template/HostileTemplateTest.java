package dev.martlet.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates that want too much: each ends soon, with an exception that tells the place. */
class HostileTemplateTest {
    private static final JsonObject EMPTY = JsonValue.EMPTY_JSON_OBJECT;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
                "{% for a in range(100000) %}{% for b in range(100000) %}{{ a * b }}{% endfor %}{% endfor %}",
                "{% for a in range(100000) %}{{ 'x' * 100000 }}{% endfor %}",
                "{{ 'x' * 1000000000 }}",
                "{{ 'ab' * 9223372036854775807 }}",
                "{{ 9223372036854775807 * 'ab' }}",
                "{{ [0] * 1000000000 }}",
                "{{ range(1000000000) }}",
                "{{ 'x'|center(1000000000) }}",
                "{{ 'x'.ljust(1000000000) }}",
                "{% set s = 'é😀' * 500000 %}{% for i in range(100000) %}{{ s[499999] }}{% endfor %}",
                "{% set s = 'ab' * 500000 %}{% set t = s ~ 'x' %}{% for i in range(100000) %}{{ s < t }}{% endfor %}",
                "{% set s = 'ab' * 500000 %}{% set d = {s ~ '': 1} %}{% for i in range(100000) %}{{ d[s] }}{% endfor %}",
                "{% set s = 'ab' * 500000 %}{% for i in range(100000) %}{{ s is lower }}{{ s.isalpha() }}{% endfor %}",
                "{% set s = 'a' * 500000 %}{% for i in range(100000) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaab' in s }}{% endfor %}",
                "{% for i in range(100000) %}{% for j in range(1000) %}{{ 5e-324 < 1 }}{{ 5e-324|round(9) }}{% endfor %}{% endfor %}",
                "{% set ns = namespace(n=3) %}{% for i in range(100000) %}{% for j in range(1000) %}"
                        + "{% set ns.n = ns.n * ns.n % 340282366920938463463374607431768211297 %}{% endfor %}{% endfor %}",
                "{{ '1'.zfill(1000000000) }}",
                "{{ '%1000000000d' % 1 }}",
                "{{ '{:1000000000}'.format(1) }}",
                "{{ 'a\nb'|indent(1000000000) }}",
                "{{ 10 ** 1000000000 }}",
                "{{ 10 ** 10 ** 10 ** 10 ** 10 }}",
                "{% set ns = namespace(n=3) %}{% for i in range(100000) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
                "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
                "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s.replace('b', 'bbb') %}{% endfor %}",
                "{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                "{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
                "{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s|tojson }}",
                "{% set ns = namespace(s=[1], t=[1]) %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}"
                        + "{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s == ns.t }}",
                "{% set ns = namespace(s=[1], t=[1]) %}{% for i in range(100000) %}{% set ns.s = [ns.s] %}"
                        + "{% set ns.t = [ns.t] %}{% endfor %}{{ ns.s == ns.t }}",
                "{% set ns = namespace(s=[1]) %}{% for i in range(100000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}",
                "{% set ns = namespace(s={}) %}{% for i in range(100000) %}{% set ns.s = {'a': ns.s} %}{% endfor %}{{ ns.s|tojson }}",
                "{% set ns = namespace(s=()) %}{% for i in range(100000) %}{% set ns.s = (ns.s,) %}{% endfor %}{{ {ns.s: 1} }}",
                "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% macro a(x) %}{{ b([x]) }}{% endmacro %}{% macro b(x) %}{{ a([x]) }}{% endmacro %}{{ a(1) }}",
                "{% macro m() %}{{ ((((((((((m()))))))))) ~ 'x')|upper|trim }}{% endmacro %}{{ m() }}",
                "{% macro m(k) %}{% if k %}{{ m(k - 1) }}{{ m(k - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
                "{% for x in [[]] recursive %}{{ loop([[]]) }}{% endfor %}",
                "{% set n = 'a' * 1000000 %}{% set h = 'a' * 2000000 %}{% for i in range(100000) %}"
                        + "{{ (n ~ 'b') in h }}{% endfor %}",
                "{% set h = 'a' * 2000000 %}{% for i in range(100000) %}{{ h.rfind('b' ~ h[:1000000]) }}{% endfor %}",
                "{% set h = 'a' * 2000000 %}{% for i in range(100000) %}{{ h|length }}{{ h == h ~ '' }}{% endfor %}",
                "{% for i in range(100000) %}{{ range(100000)|sort|length }}{% endfor %}",
                "{% for i in range(100000) %}{{ range(100000)|list|tojson|length }}{% endfor %}",
                "{{ ' '.join(range(100000)|map('string')) * 100000 }}",
                "{% set h = ' ' * 2000000 %}{% for i in range(100000) %}{{ h.strip() }}{% endfor %}",
                "{% set h = 'x ' * 2000000 %}{% for i in range(100000) %}{% if h.split() %}{% endif %}{% endfor %}",
            })
    @Timeout(120)
    void shouldEndAtLimit(String source) {
        assertThatThrownBy(() -> JinjaTemplate.compile(source).render(EMPTY))
                .isInstanceOfSatisfying(TemplateException.class, e -> {
                    assertThat(e.kind()).isEqualTo(TemplateException.Cause.LIMIT);
                    assertThat(e.line()).isPositive();
                    assertThat(e.column()).isPositive();
                });
    }

    @Test
    void shouldRefuseDeeplyNestedSource() {
        refuse("{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}");
        refuse("{{ " + "[".repeat(100_000) + "]".repeat(100_000) + " }}");
        refuse("{{ " + "{1:".repeat(100_000) + "1" + "}".repeat(100_000) + " }}");
        refuse("{{ " + "not ".repeat(100_000) + "1 }}");
        refuse("{{ " + "-".repeat(100_000) + "1 }}");
        refuse("{{ x" + ".a".repeat(100_000) + " }}");
        refuse("{{ x" + "[0]".repeat(100_000) + " }}");
        refuse("{{ x" + "()".repeat(100_000) + " }}");
        refuse("{{ x" + "|trim".repeat(100_000) + " }}");
        refuse("{{ x" + " is defined".repeat(100_000) + " }}");
        refuse("{{ 1" + " - 1".repeat(100_000) + " }}");
        refuse("{{ 1" + " if 1 else 1".repeat(80_000) + " }}");
        refuse("{{ 1" + " if 1".repeat(100_000) + " }}");
        refuse("{% if 1 %}".repeat(50_000) + "{% endif %}".repeat(40_000));
        refuse("{% for a in b %}".repeat(30_000) + "{% endfor %}".repeat(30_000));
        refuse("{% for " + "(".repeat(100_000) + "a in b %}{% endfor %}");
        refuse("{{ f(" + "f(".repeat(100_000) + " }}");
    }

    private static void refuse(String source) {
        assertThatThrownBy(() -> JinjaTemplate.compile(source).render(EMPTY)).isInstanceOf(TemplateException.class);
    }

    @Test
    void shouldTakeLongFlatSource() {
        assertThat(JinjaTemplate.compile("{{ 1" + " + 1".repeat(10_000) + " }}").render(EMPTY))
                .isEqualTo("10001");
        assertThat(JinjaTemplate.compile("{{ ''" + " ~ 'x'".repeat(10_000) + " }}")
                        .render(EMPTY))
                .hasSize(10_000);
        assertThat(JinjaTemplate.compile("{{ 0" + " or 0".repeat(10_000) + " }}")
                        .render(EMPTY))
                .isEqualTo("0");
        String chain = "{% if 0 %}a" + "{% elif 0 %}b".repeat(10_000) + "{% else %}c{% endif %}";
        assertThat(JinjaTemplate.compile(chain).render(EMPTY)).isEqualTo("c");
    }

    @Test
    void shouldRefuseSourceThatIsTooLong() {
        assertThatThrownBy(() -> JinjaTemplate.compile("x".repeat((1 << 20) + 1)))
                .isInstanceOfSatisfying(
                        TemplateException.class, e -> assertThat(e.kind()).isEqualTo(TemplateException.Cause.LIMIT));
    }

    @Test
    void shouldStopAtOutputLimit() {
        var limits = new TemplateLimits(1000, 1000, 10, 1000, 100);
        assertThat(JinjaTemplate.compile("0123456789", limits, false).render(EMPTY))
                .hasSize(10);
        assertThatThrownBy(() -> JinjaTemplate.compile("0123456789{{ 1 }}", limits, false)
                        .render(EMPTY))
                .hasMessageContaining("longer than 10 characters");
    }

    @Test
    void shouldSurviveSmallStack() throws InterruptedException {
        var failure = new Throwable[1];
        var thread = new Thread(
                null,
                () -> {
                    try {
                        JinjaTemplate.compile("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")
                                .render(EMPTY);
                    } catch (Throwable e) {
                        failure[0] = e;
                    }
                },
                "small",
                128 * 1024);
        thread.start();
        thread.join();
        assertThat(failure[0]).isInstanceOf(TemplateException.class);
    }

    @Test
    void shouldRefuseContextNestedTooDeeply() {
        JsonValue nested = JsonValue.EMPTY_JSON_ARRAY;
        for (int i = 0; i < 5_000; i++) {
            nested = Json.createArrayBuilder().add(nested).build();
        }
        JsonObject context = Json.createObjectBuilder().add("x", nested).build();
        assertThatThrownBy(() -> JinjaTemplate.compile("{{ x }}").render(context))
                .isInstanceOf(TemplateException.class);
    }

    @Test
    void shouldTellLineAndColumn() {
        assertThatThrownBy(
                        () -> JinjaTemplate.compile("a\n{{ 1 }}\n  {{ x.y.z }}").render(EMPTY))
                .isInstanceOfSatisfying(TemplateException.class, e -> {
                    assertThat(e.kind()).isEqualTo(TemplateException.Cause.FAILED);
                    assertThat(e.line()).isEqualTo(3);
                    assertThat(e.column()).isEqualTo(7);
                    assertThat(e.detail()).isEqualTo("'x' is undefined");
                    assertThat(e).hasMessage("'x' is undefined (template line 3, column 7)");
                });
        assertThatThrownBy(() -> JinjaTemplate.compile("a\r\nb {% endif %}"))
                .isInstanceOfSatisfying(TemplateException.class, e -> {
                    assertThat(e.kind()).isEqualTo(TemplateException.Cause.SYNTAX);
                    assertThat(e.line()).isEqualTo(2);
                    assertThat(e.column()).isEqualTo(6);
                });
        assertThatThrownBy(() ->
                        JinjaTemplate.compile("{{ raise_exception('no') }}").render(EMPTY))
                .isInstanceOfSatisfying(TemplateException.class, e -> {
                    assertThat(e.kind()).isEqualTo(TemplateException.Cause.RAISED);
                    assertThat(e.detail()).isEqualTo("no");
                });
    }

    @Test
    void shouldChangeListsOnlyWhereAllowed() {
        String source = "{% set l = [1] %}{% set _ = l.append(2) %}{{ l }}";
        assertThatThrownBy(() -> JinjaTemplate.compile(source).render(EMPTY)).hasMessageContaining("unsafe");
        var template = JinjaTemplate.compile(source, TemplateLimits.DEFAULT, true);
        assertThat(template.render(EMPTY)).isEqualTo("[1, 2]");
        assertThat(template.render(EMPTY)).isEqualTo("[1, 2]");
        String cycle = "{% set l = [1] %}{% set _ = l.append(l) %}{{ l|tojson }}";
        assertThatThrownBy(() -> JinjaTemplate.compile(cycle, TemplateLimits.DEFAULT, true)
                        .render(EMPTY))
                .isInstanceOf(TemplateException.class);
        String grow = "{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}{{ l }}";
        assertThat(JinjaTemplate.compile(grow, TemplateLimits.DEFAULT, true).render(EMPTY))
                .isEqualTo("[1, 1]");
    }
}
