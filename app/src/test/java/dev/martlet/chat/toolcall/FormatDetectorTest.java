package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatDetectorTest {

    /** The left column is what the families' published templates hold, in excerpt. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
                    {%- if tools %}<tool_call>\\n{"name": <function-name>}</tool_call>             ~ hermes
                    {%- if tools %}<tool_call>{"name": ..}</tool_call>{{ '<think>\\n' }}           ~ qwen3
                    <tool_call>\\n<function=f>\\n<parameter=p>\\n</parameter>                      ~ qwen3_coder
                    <tool_call>{{ tc.name }}\\n<arg_key>{{ k }}</arg_key>                          ~ glm45
                    {{ '[TOOL_CALLS] [' }}                                                         ~ mistral_array
                    {{ '[TOOL_CALLS]' + name + '[ARGS]' + arguments }}                             ~ mistral_args
                    {{- "Environment: ipython\\n" }}                                               ~ llama3_json
                    <|channel|>analysis<|message|>                                                 ~ gpt_oss
                    [gMASK]<sop>{{ '<|observation|>' }}                                            ~ glm4
                    {% for m in messages %}{{ m.content }}{% endfor %}                             ~ generic
                    """)
    void shouldDetect(String template, String id) {
        assertThat(FormatDetector.detect(template).id()).isEqualTo(id);
    }

    @Test
    void shouldKnowEveryFormatOnce() {
        assertThat(ToolCallFormats.all()).extracting(ToolCallFormat::id).doesNotHaveDuplicates();
        assertThat(ToolCallFormats.byId("no such format")).isEmpty();
    }
}
