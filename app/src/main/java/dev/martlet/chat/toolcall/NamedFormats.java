package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.NamedJson;
import java.util.List;

/** Formats whose calls are a header with the name, then the arguments as one value. */
final class NamedFormats {
    private static final String NAME = "(?<name>[^\\s<>{}()\\[\\]\"'`]+)";

    private static final Frame DEEPSEEK = Frame.NONE
            .section("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>")
            .item("<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>")
            .lead("```")
            .think("<think>", "</think>")
            .drop("<｜end▁of▁sentence｜>", "<｜Assistant｜>", "<｜User｜>")
            // These models' templates show calls but know no tools: the server's instructions ask for this form.
            .or(new ToolCallFormat.JsonCall("deepseek_instructed", Frame.NONE.section("<tool_call>", "</tool_call>")));
    private static final String DEEPSEEK_HEADER =
            "\\s*(?:function\\s*<｜tool▁sep｜>\\s*)?" + NAME + "\\s*(?:<｜tool▁sep｜>)?\\s*(?:```(?:json)?)?\\s*";
    private static final String[] GLM = {
        "<|assistant|>", "<|observation|>", "<|user|>", "<|system|>", "<|endoftext|>", "[gMASK]", "<sop>"
    };

    static final List<ToolCallFormat> ALL = List.of(
            new NamedJson(
                    "glm4",
                    Frame.NONE
                            .bareToo()
                            .think("<think>", "</think>")
                            .drop(GLM)
                            .or(new ToolCallFormat.BuiltIns(
                                    "glm4_built_ins", Frame.NONE.bareToo().drop(GLM))),
                    NAME + "[ \\t]*\\r?\\n\\s*"),
            new NamedJson(
                            "chatglm3",
                            Frame.NONE.bareToo().lead("```").item("", "```").drop(GLM),
                            NAME + "\\s*\\n\\s*```python\\s*tool_call\\s*")
                    .keywords(),
            new NamedJson(
                    "mistral_args",
                    Frame.NONE
                            .item("[TOOL_CALLS]", "")
                            .think("[THINK]", "[/THINK]")
                            .think("<think>", "</think>")
                            .drop("</s>", "[INST]", "[/INST]"),
                    "\\s*" + NAME + "\\s*(?:\\[CALL_ID\\]\\s*(?<id>[^\\s\\[\\]{}]+)\\s*)?(?:\\[ARGS\\])?"),
            new NamedJson("deepseek_v3", DEEPSEEK, DEEPSEEK_HEADER),
            new NamedJson("deepseek_v31", DEEPSEEK, DEEPSEEK_HEADER),
            new NamedJson(
                            "kimi_k2",
                            Frame.NONE
                                    .section("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")
                                    .section("<|tool_call_section_begin|>", "<|tool_call_section_end|>")
                                    .item("<|tool_call_begin|>", "<|tool_call_end|>")
                                    .think("<think>", "</think>")
                                    .drop("<|im_end|>", "<|im_middle|>", "<|im_assistant|>assistant", "[EOS]"),
                            "\\s*(?<id>(?<name>[^\\s<>{}\"']+))\\s*(?:<\\|tool_call_argument_begin\\|>)?\\s*")
                    .kimiNames(),
            new NamedJson(
                    "functionary_v31",
                    Frame.NONE.item("<function=", "</function>").drop("<|eom_id|>", "<|eot_id|>"),
                    "(?<name>[^\\s<>{}=]+)>"),
            new NamedJson(
                    "solar_open",
                    Frame.NONE
                            .section("<|tool_calls|>", "<|calls|>")
                            .item("<|tool_call:begin|>", "<|tool_call:end|>")
                            .think("<|think|>", "<|end|>")
                            .drop("<|begin|>assistant", "<|content|>", "<|end|>", "<|flush|>"),
                    "\\s*(?<id>[^\\s<]*)\\s*<\\|tool_call:name\\|>\\s*" + NAME + "\\s*<\\|tool_call:args\\|>"));

    private NamedFormats() {}
}
