package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.JsonCall;
import dev.martlet.chat.toolcall.ToolCallFormat.NamedJson;
import dev.martlet.chat.toolcall.ToolCallFormat.Pythonic;
import java.util.List;

/** Formats whose calls look like a programming language's. */
final class PythonicFormats {
    private static final String[] LLAMA = {"<|eom_id|>", "<|eot_id|>", "<|eom|>", "<|eot|>", "<|end_of_text|>"};
    private static final String CALL = "\\s*call:\\s*(?<name>[^\\s<>{}()\"']+)\\s*";

    static final List<ToolCallFormat> ALL = List.of(
            new Pythonic("pythonic", Frame.NONE.bareToo().drop(LLAMA)),
            new Pythonic(
                    "llama4_pythonic",
                    Frame.NONE
                            .section("<|python_start|>", "<|python_end|>")
                            .bareToo()
                            .drop(LLAMA)),
            new Pythonic(
                            "lfm2",
                            Frame.NONE
                                    .section("<|tool_call_start|>", "<|tool_call_end|>")
                                    .think("<think>", "</think>")
                                    .drop("<|im_end|>", "<|im_start|>assistant", "<|endoftext|>")
                                    .or(new JsonCall(
                                            "lfm2_json",
                                            Frame.NONE.section("<|tool_call_start|>", "<|tool_call_end|>"))))
                    .echoing(),
            new Pythonic(
                    "olmo3",
                    Frame.NONE
                            .section("<function_calls>", "</function_calls>")
                            .think("<think>", "</think>")
                            .drop("<|im_end|>", "<|endoftext|>")),
            new Pythonic(
                    "gemma3", Frame.NONE.section("```tool_code", "```").drop("<end_of_turn>", "<start_of_turn>model")),
            new NamedJson(
                            "gemma4",
                            Frame.NONE
                                    .item("<|tool_call>", "<tool_call|>")
                                    .think("<|channel>thought", "<channel|>")
                                    .drop("<|channel>", "<channel|>", "<turn|>", "<|turn>model", "<|tool_response>"),
                            CALL)
                    .delimitedBy("<|\"|>"),
            new NamedJson(
                            "functiongemma",
                            Frame.NONE
                                    .item("<start_function_call>", "<end_function_call>")
                                    .drop("<end_of_turn>", "<start_function_response>", "<start_of_turn>model"),
                            CALL)
                    .delimitedBy("<escape>"));

    private PythonicFormats() {}
}
