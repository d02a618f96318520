package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.chat.toolcall.ToolCallFormats;
import dev.martlet.server.FormatChoice.Evidence;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FormatChoiceTest {
    private static final String HERMES = """
            {%- if tools %}{{ '<tools>' }}{% for t in tools %}{{ t|tojson }}{% endfor %}{{ '</tools>' }}{% endif -%}
            {%- for m in messages -%}
            {{ '<|im_start|>' + m.role + '\\n' + (m.content or '') }}
            {%- for c in m.tool_calls or [] -%}
            {{ OPEN + '\\n{"name": "' + c.function.name + '", "arguments": ' }}{{ c.function.arguments|tojson }}
            {{- '}\\n' + CLOSE }}
            {%- endfor -%}
            {{ '<|im_end|>\\n' }}
            {%- endfor -%}
            {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}
            """;

    private static FormatChoice choose(String source) {
        return FormatChoice.of(Optional.of(source), PromptRenderer.of(Optional.of(source), Map.of()));
    }

    private static String calls(String open, String close) {
        return HERMES.replace("OPEN", "'" + open + "'").replace("CLOSE", "'" + close + "'");
    }

    @Test
    void shouldConfirmWhatTheTextLooksLike() {
        FormatChoice choice = choose(calls("<tool_call>", "</tool_call>"));
        assertThat(choice.format().id()).isEqualTo("hermes");
        assertThat(choice.evidence()).isEqualTo(Evidence.CAME_BACK);
        assertThat(choice.doubtful()).isFalse();
    }

    @Test
    void shouldCorrectWhatTheTextLooksLike() {
        // A comment that mentions another family's marker misleads whoever looks at the text alone.
        FormatChoice choice =
                choose("{# unlike <|tool_calls_section_begin|> #}" + calls("<tool_call>", "</tool_call>"));
        assertThat(choice.format().id()).isEqualTo("generic");
        assertThat(choice.evidence()).isEqualTo(Evidence.CORRECTED);
        assertThat(choice.doubtful()).isTrue();
        assertThat(choice.reason()).contains("kimi_k2").contains("generic");
    }

    @Test
    void shouldFindAFormatTheTableDoesNotTell() {
        FormatChoice choice = choose(calls("<longcat_' + 'tool_call>", "</longcat_' + 'tool_call>"));
        assertThat(choice.format().id()).isEqualTo("longcat");
        assertThat(choice.evidence()).isEqualTo(Evidence.CORRECTED);
    }

    @Test
    void shouldWarnOfAFormatNobodyKnows() {
        FormatChoice choice = choose(calls("<nobody>", "</nobody>"));
        assertThat(choice.format().id()).isEqualTo("generic");
        assertThat(choice.evidence()).isEqualTo(Evidence.LOST);
        assertThat(choice.reason()).contains("--tool-format");
    }

    @Test
    void shouldCheckWhatTheUserSet() {
        var renderer = PromptRenderer.of(Optional.of(calls("<tool_call>", "</tool_call>")), Map.of());
        var hermes = ToolCallFormats.byId("hermes").orElseThrow();
        var kimi = ToolCallFormats.byId("kimi_k2").orElseThrow();
        assertThat(FormatChoice.set(hermes, renderer).evidence()).isEqualTo(Evidence.CAME_BACK);
        FormatChoice wrong = FormatChoice.set(kimi, renderer);
        assertThat(wrong.format()).isSameAs(kimi);
        assertThat(wrong.evidence()).isEqualTo(Evidence.LOST);
        assertThat(wrong.doubtful()).isTrue();
    }

    @Test
    void shouldReadItsOwnInstructionsWhereTheTemplateKnowsNoTools() {
        assertThat(FormatChoice.of(Optional.empty(), PromptRenderer.of(Optional.empty(), Map.of())))
                .extracting(choice -> choice.format().id(), FormatChoice::evidence)
                .containsExactly("generic", Evidence.CAME_BACK);
        // This one's text looks like GLM-4's, but its prompts ask for calls in tags.
        FormatChoice choice = choose("{% for m in messages %}{{ '<|' + m.role + '|>\\n' + m.content }}{% endfor %}"
                + "{{ '<|assistant|>' if add_generation_prompt }}{# <|observation|> #}");
        assertThat(choice.format().id()).isEqualTo("generic");
    }

    @Test
    void shouldNotTestWhatShowsNoCalls() {
        FormatChoice choice =
                choose("{{ tools|tojson if tools }}{% for m in messages %}{{ m.role + m.content }}{% endfor %}"
                        + "{# <tool_call> #}");
        assertThat(choice.format().id()).isEqualTo("hermes");
        assertThat(choice.evidence()).isEqualTo(Evidence.UNTESTED);
        assertThat(choice.doubtful()).isFalse();
    }

    @Test
    void shouldSurviveATemplateThatRefusesEverything() {
        FormatChoice choice = choose("{{ raise_exception('never') }}");
        assertThat(choice.format().id()).isEqualTo("generic");
        assertThat(choice.evidence()).isEqualTo(Evidence.LOST);
    }
}
