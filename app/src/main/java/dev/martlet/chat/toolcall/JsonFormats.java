package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.JsonCall;
import dev.martlet.chat.toolcall.ToolCallFormat.NamedJson;
import java.util.List;

/** Formats whose calls are JSON objects with the name inside. */
final class JsonFormats {
    private static final String[] CHATML = {"<|im_start|>assistant", "<|im_end|>", "<|endoftext|>"};
    private static final String[] LLAMA = {"<|eom_id|>", "<|eot_id|>", "<|end_of_text|>", "<|begin_of_text|>"};

    private static final Frame TOOL_CALL = Frame.NONE.section("<tool_call>", "</tool_call>");
    private static final Frame HERMES =
            TOOL_CALL.think("<think>", "</think>").drop(CHATML).drop("<|eot_id|>", "<s>", "</s>");

    static final List<ToolCallFormat> ALL = List.of(
            new JsonCall("hermes", HERMES),
            // For models whose template knows no tools: the system prompt asks them for this form.
            new JsonCall("generic", HERMES.drop(LLAMA).drop("<end_of_turn>", "<|end|>", "<|user|>", "<|assistant|>")),
            new JsonCall("qwen3", HERMES),
            new JsonCall("exaone4", HERMES.drop("[|endofturn|]", "[|assistant|]")),
            new JsonCall("granite4", HERMES.drop("<|end_of_text|>", "<|end_of_role|>", "<|start_of_role|>assistant")),
            new JsonCall(
                    "granite3",
                    TOOL_CALL
                            .section("<|tool_call|>", "")
                            .think("<think>", "</think>")
                            .drop("<response>", "</response>", "<|end_of_text|>")),
            new JsonCall("granite20b", Frame.NONE.section("<function_call>", "").drop("<|endoftext|>")),
            new JsonCall(
                    "llama3_json",
                    Frame.NONE
                            .section("<|python_tag|>", "")
                            .think("<think>", "</think>")
                            .bareToo()
                            .drop(LLAMA)
                            .drop("<|eot|>", "<|eom|>", "<|start_header_id|>assistant<|end_header_id|>")
                            .or(
                                    new NamedJson(
                                            "llama3_function",
                                            Frame.NONE.item("<function=", "</function>"),
                                            "(?<name>[^\\s<>{}=]+)>"),
                                    new ToolCallFormat.Pythonic(
                                            "llama3_built_ins", Frame.NONE.section("<|python_tag|>", "")))),
            new JsonCall("mistral_array", Frame.NONE.section("[TOOL_CALLS]", "").drop("</s>", "[INST]", "[/INST]"))
                    .keepingIds(),
            new JsonCall(
                    "minimax_m1",
                    Frame.NONE.section("<tool_calls>", "</tool_calls>").think("<think>", "</think>")),
            new JsonCall(
                    "nemotron_nano_v2",
                    Frame.NONE
                            .section("<TOOLCALL>", "</TOOLCALL>")
                            .think("<think>", "</think>")
                            .drop("<SPECIAL_12>", "</s>")),
            new JsonCall(
                    "internlm2",
                    Frame.NONE
                            .section("<|action_start|>", "<|action_end|>")
                            .lead("<|plugin|>")
                            .think("<think>", "</think>")
                            .drop(CHATML)),
            new JsonCall(
                    "phi4_mini",
                    Frame.NONE
                            .section("functools", "")
                            .section("<|tool_call|>", "<|/tool_call|>")
                            .drop("<|end|>", "<|endoftext|>", "<|assistant|>")),
            new JsonCall("firefunction_v2", Frame.NONE.section("functools", "").drop(LLAMA)),
            new JsonCall(
                            "xlam",
                            Frame.NONE
                                    .section("```json", "```")
                                    .think("<think>", "</think>")
                                    .bareToo()
                                    .drop(CHATML)
                                    .drop(LLAMA))
                    .wholeLists(),
            new JsonCall(
                    "jamba", Frame.NONE.section("<tool_calls>", "</tool_calls>").drop("<|eom|>", "<|endoftext|>")),
            new JsonCall(
                    "apriel",
                    Frame.NONE
                            .section("<tool_calls>", "</tool_calls>")
                            .think("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]")
                            .think("<thinking>", "</thinking>")
                            .drop("[END FINAL RESPONSE]", "<|end|>", "<|begin_assistant|>")),
            new JsonCall(
                    "hunyuan_a13b",
                    Frame.NONE
                            .section("<tool_calls>", "</tool_calls>")
                            .think("<think>", "</think>")
                            .drop("<answer>", "</answer>", "<|eos|>")),
            new JsonCall("ernie45", TOOL_CALL.think("<think>", "</think>").drop("<response>", "</response>", "</s>")),
            new JsonCall(
                    "longcat",
                    Frame.NONE
                            .section("<longcat_tool_call>", "</longcat_tool_call>")
                            .think("<longcat_think>", "</longcat_think>")
                            .drop("</longcat_s>")),
            new JsonCall(
                    "command_r7b",
                    Frame.NONE
                            .section("<|START_ACTION|>", "<|END_ACTION|>")
                            .think("<|START_THINKING|>", "<|END_THINKING|>")
                            .drop("<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>")
                            .drop("<|END_OF_TURN_TOKEN|>", "<|START_OF_TURN_TOKEN|>", "<|CHATBOT_TOKEN|>")),
            new JsonCall(
                            "command_r_plus",
                            Frame.NONE.section("Action:", "```").lead("```json").drop("<|END_OF_TURN_TOKEN|>"))
                    .ignoring("directly_answer", "directly-answer"),
            new JsonCall(
                    "gigachat3",
                    Frame.NONE
                            .section("<|message_sep|>\n\nfunction call<|role_sep|>", "")
                            .section("function call<|role_sep|>", "")
                            .section("<|function_call|>", "")
                            .drop("<|message_sep|>", "<|role_sep|>", "</s>")),
            new JsonCall(
                            "apertus",
                            Frame.NONE
                                    .section("<|tools_prefix|>", "<|tools_suffix|>")
                                    .think("<|inner_prefix|>", "<|inner_suffix|>")
                                    .drop("<|assistant_end|>", "<|assistant_start|>"))
                    .namesAsKeys());

    private JsonFormats() {}
}
