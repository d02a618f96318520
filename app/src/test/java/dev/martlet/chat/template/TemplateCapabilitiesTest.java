package dev.martlet.chat.template;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.template.TemplateCapabilities.Arguments;
import dev.martlet.chat.template.TemplateCapabilities.Content;
import dev.martlet.chat.template.TemplateCapabilities.EmptyContent;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TemplateCapabilitiesTest {
    private static TemplateCapabilities of(String source) {
        return TemplateCapabilities.of(JinjaTemplate.compile(source), Map.of("bos_token", "<s>", "eos_token", "</s>"));
    }

    @Test
    void shouldLearnPlainTemplate() {
        assertThat(of(ChatTemplates.CHATML))
                .isEqualTo(new TemplateCapabilities(
                        Content.STRING,
                        true,
                        false,
                        false,
                        false,
                        true,
                        Arguments.OBJECT,
                        EmptyContent.EMPTY_STRING,
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        false,
                        false,
                        false));
    }

    @Test
    void shouldLearnSingleCalls() {
        assertThat(of(ChatTemplates.LLAMA))
                .isEqualTo(new TemplateCapabilities(
                        Content.STRING,
                        true,
                        true,
                        true,
                        false,
                        true,
                        Arguments.OBJECT,
                        EmptyContent.NULL,
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        false,
                        false,
                        false));
    }

    @Test
    void shouldLearnPartsAndReasoning() {
        assertThat(of(ChatTemplates.GLM))
                .isEqualTo(new TemplateCapabilities(
                        Content.PARTS,
                        true,
                        true,
                        true,
                        true,
                        true,
                        Arguments.OBJECT,
                        EmptyContent.NULL,
                        false,
                        Optional.of("reasoning_content"),
                        Optional.of("enable_thinking"),
                        true,
                        false,
                        false,
                        false));
    }

    @Test
    void shouldLearnMissingRoles() {
        var gemma = of(ChatTemplates.GEMMA);
        assertThat(gemma.systemRole()).isFalse();
        assertThat(gemma.tools()).isFalse();
        assertThat(gemma.toolCalls()).isFalse();
        assertThat(gemma.toolRole()).isFalse();
    }

    @Test
    void shouldLearnStringArgumentsAndShortIds() {
        var strings = of(ChatTemplates.STRINGS);
        assertThat(strings.arguments()).isEqualTo(Arguments.STRING);
        assertThat(strings.emptyContent()).isEqualTo(EmptyContent.NULL);
        assertThat(strings.shortCallIds()).isTrue();
        assertThat(strings.parallelCalls()).isTrue();
    }

    @Test
    void shouldPreferEmptyStringWhereNoneIsPrinted() {
        String printing = "{% for m in messages %}{{ m.role }}: {{ m.content }}"
                + "{% for c in m.tool_calls or [] %}{{ c.function|tojson }}{% endfor %}\n{% endfor %}";
        assertThat(of(printing).emptyContent()).isEqualTo(EmptyContent.EMPTY_STRING);
        assertThat(of(printing).toolCalls()).isTrue();
    }

    /** The message form of GLM-4: the tool's name as metadata, results as observations. */
    @Test
    void shouldLearnMetadataCalls() {
        var variable = of(ChatTemplates.GLM4);
        assertThat(variable.metadata()).isTrue();
        assertThat(variable.toolCalls()).isTrue();
        assertThat(variable.parallelCalls()).isTrue();
        assertThat(variable.toolRole()).isTrue();
        assertThat(variable.tools()).isTrue();
        assertThat(variable.toolsInSystem()).isFalse();
        var member = of(ChatTemplates.GLM4_CHAT);
        assertThat(member.metadata()).isTrue();
        assertThat(member.toolsInSystem()).isTrue();
    }

    @Test
    void shouldLearnThatToolsMustBeWhole() {
        String source = "{% for t in tools or [] %}{{ t.function.name + t.function.description }}"
                + "{% for k in t.function.parameters.properties %}{{ k }}{% endfor %}{% endfor %}";
        assertThat(of(source).wholeTools()).isTrue();
        assertThat(of("{% for t in tools or [] %}{{ t|tojson }}{% endfor %}").wholeTools())
                .isFalse();
    }

    @Test
    void shouldSurviveTemplateThatRefusesEverything() {
        var nothing = of("{{ raise_exception('never') }}");
        assertThat(nothing.systemRole()).isFalse();
        assertThat(nothing.toolCalls()).isFalse();
        assertThat(nothing.reasoningOpen()).isFalse();
    }
}
