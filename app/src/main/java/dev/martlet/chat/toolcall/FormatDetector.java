package dev.martlet.chat.toolcall;

import java.util.List;

/**
 * Finds a model's format by what its chat template mentions: a table of substrings, the first row that fits wins. The
 * substrings are facts of the published templates.
 */
public final class FormatDetector {
    /** The format for models whose template knows no tools. */
    public static final String GENERIC = "generic";

    /** A template with all of {@code has} is this format's. */
    private record Row(String format, List<String> has) {}

    private static final List<Row> TABLE = List.of(
            row("kimi_k3", "<|open|>", "<|sep|>"),
            row("muse_glimmer", "atem:"),
            row("gpt_oss", "<|channel|>", "<|message|>"),
            row("gemma4", "<|tool_call>call:"),
            row("functiongemma", "<start_function_call>"),
            row("minimax_m3", "]<]minimax[>["),
            row("minimax_m2", "minimax:tool_call"),
            row("deepseek_v32", "｜DSML｜", "function_calls"),
            row("deepseek_v4", "｜DSML｜"),
            row("kimi_k2", "<|tool_calls_section_begin|>"),
            row("solar_open", "<|tool_call:begin|>"),
            row("step3", "steptml:"),
            row("deepseek_v3", "<｜tool▁calls▁begin｜>", "```json"),
            row("deepseek_v31", "<｜tool▁calls▁begin｜>"),
            row("hy3", "<tool_calls:opensource>"),
            row("hy3", "<tool_calls{}>", "<tool_sep{}>"),
            row("seed_oss", "<seed:tool_call>"),
            row("longcat", "longcat_tool_call"),
            row("minicpm5", "<function name=", "<param name="),
            row("nemotron3", "<function=", "<parameter=", "<SPECIAL_12>"),
            row("qwen35", "<function=", "<parameter=", "<think>"),
            row("qwen3_coder", "<function=", "<parameter="),
            row("functionary_v31", "<function=", "<|python_tag|>", "functionary"),
            row("functionary_v31", "<function=", "<|python_tag|>", "</function>"),
            row("functionary_v32", ">>>all"),
            row("ling3", "<arg_key>", "<role>"),
            row("glm45", "<arg_key>"),
            row("mistral_args", "[TOOL_CALLS]", "[ARGS]"),
            row("mistral_array", "[TOOL_CALLS]"),
            row("command_r7b", "<|START_ACTION|>"),
            row("command_r_plus", "Action:", "```json", "directly_answer"),
            row("command_r_plus", "Action:", "```json", "directly-answer"),
            row("apertus", "<|tools_prefix|>"),
            row("nemotron_nano_v2", "<TOOLCALL>"),
            row("internlm2", "<|action_start|>"),
            row("granite3", "<|tool_call|>", "<|start_of_role|>"),
            row("phi4_mini", "<|tool_call|>"),
            row("phi4_mini", "<|tool|>", "<|/tool|>"),
            row("firefunction_v2", "functools["),
            row("lfm2", "<|tool_call_start|>"),
            row("lfm2", "<|tool_list_start|>"),
            row("lfm2", "List of tools: [", "<|im_start|>"),
            row("gigachat3", "<|function_call|>"),
            row("gigachat3", "<|role_sep|>", "<|message_sep|>"),
            row("hunyuan_a13b", "<tool_calls>", "<answer>"),
            row("apriel", "<tool_calls>", "<available_tools>"),
            row("minimax_m1", "<tool_calls>", "<beginning_of_sentence>"),
            row("jamba", "<tool_calls>"),
            row("olmo3", "<function_calls>"),
            row("granite20b", "<function_call>"),
            row("ernie45", "<tool_call>", "<response>"),
            row("exaone4", "<tool_call>", "[|assistant|]"),
            row("granite4", "<tool_call>", "<|start_of_role|>"),
            row("qwen3", "<tool_call>", "<think>"),
            row("hermes", "<tool_call>"),
            row("chatglm3", "<|observation|>", "tool_call("),
            row("glm4", "<|observation|>"),
            row("llama4_pythonic", "<|python_start|>"),
            row("llama3_json", "<|python_tag|>"),
            row("llama3_json", "Environment: ipython"),
            row("gemma3", "tool_code"));

    private FormatDetector() {}

    private static Row row(String format, String... has) {
        return new Row(format, List.of(has));
    }

    /**
     * The format of the models that use this chat template.
     *
     * @param template the template's text
     */
    public static ToolCallFormat detect(String template) {
        String id = TABLE.stream()
                .filter(row -> row.has().stream().allMatch(template::contains))
                .map(Row::format)
                .findFirst()
                .orElse(GENERIC);
        return ToolCallFormats.byId(id).orElseThrow();
    }
}
