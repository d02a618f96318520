package dev.martlet.chat.toolcall;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The {@link CallForm}s of the formats, as the models' own templates write calls. Formats that are missing here nest
 * their arguments or write them under headers that name each type; calls of these are read, not forced.
 */
final class CallForms {
    private static final Map<String, CallForm> BY_ID = new HashMap<>();

    static {
        json();
        named();
        tagged();
        pythonic();
    }

    private CallForms() {}

    static Optional<CallForm> of(ToolCallFormat format) {
        return Optional.ofNullable(BY_ID.get(format.id()));
    }

    private static void put(CallForm form, String... ids) {
        for (String id : ids) {
            BY_ID.put(id, form);
        }
    }

    private static void json() {
        String name = "{\"name\": \"";
        String arguments = "\", \"arguments\": ";
        String parameters = "\", \"parameters\": ";
        CallForm list = CallForm.json(name, arguments, "}", ", ");
        CallForm lines = CallForm.json(name, arguments, "}", "\n");
        put(
                CallForm.json("<tool_call>\n" + name, arguments, "}\n</tool_call>", "\n"),
                "hermes",
                "generic",
                "qwen3",
                "granite4",
                "ernie45");
        put(CallForm.json("<tool_call>" + name, arguments, "}</tool_call>", "\n"), "exaone4");
        put(list.within("<|tool_call|>[", "]"), "granite3");
        put(CallForm.json("<function_call> " + name, arguments, "}", "\n"), "granite20b");
        put(CallForm.json(name, parameters, "}", "; "), "llama3_json");
        put(list.within("[TOOL_CALLS][", "]"), "mistral_array");
        put(lines.within("<tool_calls>\n", "\n</tool_calls>"), "minimax_m1");
        put(list.within("<TOOLCALL>[", "]</TOOLCALL>"), "nemotron_nano_v2");
        put(CallForm.json("<|action_start|><|plugin|>\n" + name, parameters, "}<|action_end|>", "\n"), "internlm2");
        put(list.within("<|tool_call|>[", "]<|/tool_call|>"), "phi4_mini");
        put(list.within(" functools[", "]"), "firefunction_v2");
        put(list.within("[", "]"), "xlam");
        put(list.within("<tool_calls>[", "]</tool_calls>"), "jamba", "apriel", "hunyuan_a13b");
        put(CallForm.json("<longcat_tool_call>\n" + name, arguments, "}\n</longcat_tool_call>", "\n"), "longcat");
        put(
                CallForm.json("{\"tool_call_id\": \"#\", \"tool_name\": \"", parameters, "}", ", ")
                        .within("<|START_ACTION|>[", "]<|END_ACTION|>"),
                "command_r7b");
        put(
                CallForm.json("{\"tool_name\": \"", parameters, "}", ", ").within("Action: ```json\n[", "]\n```"),
                "command_r_plus");
        put(CallForm.json("<|function_call|>" + name, arguments, "}", "").single(), "gigachat3");
        put(CallForm.json("{\"", "\": ", "}", ", ").within("<|tools_prefix|>[", "]<|tools_suffix|>"), "apertus");
    }

    private static void named() {
        put(CallForm.json("", "\n", "", "<|assistant|>"), "glm4");
        put(
                CallForm.json("", "\n```python\ntool_call(", ")\n```", "")
                        .list("=", ", ", "")
                        .single(),
                "chatglm3");
        put(CallForm.json("[TOOL_CALLS]", "[ARGS]", "", ""), "mistral_args");
        put(
                CallForm.json("<｜tool▁call▁begin｜>function<｜tool▁sep｜>", "\n```json\n", "\n```<｜tool▁call▁end｜>", "\n")
                        .within("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
                "deepseek_v3");
        put(
                CallForm.json("<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "")
                        .within("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
                "deepseek_v31");
        put(
                CallForm.json(
                                "<|tool_call_begin|>functions.",
                                ":#<|tool_call_argument_begin|>",
                                "<|tool_call_end|>",
                                "")
                        .within("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"),
                "kimi_k2");
        put(CallForm.json("<function=", ">", "</function>", ""), "functionary_v31");
        put(
                CallForm.json("<|tool_call:begin|>#<|tool_call:name|>", "<|tool_call:args|>", "<|tool_call:end|>", "")
                        .within("<|tool_calls|>", "<|calls|>"),
                "solar_open");
        put(
                CallForm.json("<|channel|>commentary to=functions.", " <|constrain|>json<|message|>", "", "")
                        .single(),
                "gpt_oss");
        put(CallForm.json("", "\n", "", ">>>"), "functionary_v32");
    }

    private static void tagged() {
        put(
                CallForm.json("<tool_call>\n<function=", ">\n", "</function>\n</tool_call>", "\n")
                        .tags("<parameter=", ">\n", "\n</parameter>\n", "</parameter>"),
                "qwen3_coder",
                "qwen35",
                "nemotron3");
        put(
                CallForm.json("<seed:tool_call>\n<function=", ">\n", "</function>\n</seed:tool_call>", "\n")
                        .tags("<parameter=", ">", "</parameter>\n", "</parameter>"),
                "seed_oss");
        put(
                CallForm.json("<tool_call>", "\n", "</tool_call>", "\n")
                        .tags("<arg_key>", "</arg_key>\n<arg_value>", "</arg_value>\n", "</arg_value>"),
                "glm45");
        put(
                CallForm.json("<tool_call>", "", "</tool_call>", "")
                        .tags("<arg_key>", "</arg_key><arg_value>", "</arg_value>", "</arg_value>"),
                "glm47",
                "ling3");
        String o = ":opensource>";
        put(
                CallForm.json("<tool_call" + o, "<tool_sep" + o + "\n", "</tool_call" + o + "\n", "")
                        .within("<tool_calls" + o + "\n", "</tool_calls" + o)
                        .tags(
                                "<arg_key" + o,
                                "</arg_key" + o + "\n<arg_value" + o,
                                "</arg_value" + o + "\n",
                                "</arg_value" + o),
                "hy3");
        put(invoke("").within("<minimax:tool_call>\n", "</minimax:tool_call>"), "minimax_m2");
        put(typedInvoke().within("<｜DSML｜function_calls>\n", "</｜DSML｜function_calls>"), "deepseek_v32");
        put(typedInvoke().within("<｜DSML｜tool_calls>\n", "</｜DSML｜tool_calls>"), "deepseek_v4");
        put(
                CallForm.json(
                                "<｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name=\"",
                                "\">",
                                "</steptml:invoke><｜tool_call_end｜>",
                                "")
                        .within("<｜tool_calls_begin｜>", "<｜tool_calls_end｜>")
                        .tags("<steptml:parameter name=\"", "\">", "</steptml:parameter>", "</steptml:parameter>"),
                "step3");
        put(
                CallForm.json("<function name=\"", "\">", "</function>", "")
                        .tags("<param name=\"", "\">", "</param>", "</param>"),
                "minicpm5");
    }

    private static CallForm invoke(String prefix) {
        String end = "</" + prefix + "parameter>";
        return CallForm.json("<" + prefix + "invoke name=\"", "\">\n", "</" + prefix + "invoke>\n", "")
                .tags("<" + prefix + "parameter name=\"", "\">", end + "\n", end);
    }

    private static CallForm typedInvoke() {
        String end = "</｜DSML｜parameter>";
        return invoke("｜DSML｜")
                .tags("<｜DSML｜parameter name=\"", "\" string=\"true\">", "\" string=\"false\">", end + "\n", end);
    }

    private static void pythonic() {
        CallForm calls = CallForm.json("", "(", ")", ", ").list("=", ", ", "");
        CallForm lines = CallForm.json("", "(", ")", "\n").list("=", ", ", "");
        put(calls.within("[", "]"), "pythonic");
        put(calls.within("<|python_start|>[", "]<|python_end|>"), "llama4_pythonic");
        put(calls.within("<|tool_call_start|>[", "]<|tool_call_end|>"), "lfm2");
        put(lines.within("<function_calls>", "</function_calls>"), "olmo3");
        put(lines.within("```tool_code\n", "\n```"), "gemma3");
        put(CallForm.json("<|tool_call>call:", "{", "}<tool_call|>", "").list(":", ",", "<|\"|>"), "gemma4");
        put(
                CallForm.json("<start_function_call>call:", "{", "}<end_function_call>", "")
                        .list(":", ",", "<escape>"),
                "functiongemma");
    }
}
