package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.Nested;
import dev.martlet.chat.toolcall.ToolCallFormat.Tagged;
import java.util.List;
import java.util.regex.Pattern;

/** Formats whose arguments stand between tags. */
final class TaggedFormats {
    private static final Pattern EQUALS = Pattern.compile("\\s*(?<name>[^\\s<>\"']+)\\s*>");
    private static final Pattern EQUALS_KEY = Pattern.compile("\\s*(?<name>[^<>\\n]+?)\\s*>");
    static final Pattern ATTRIBUTE = Pattern.compile("\\s*[\"']?(?<name>[^<>\"'\\n]+)[\"']?\\s*>");
    private static final Pattern TYPED_ATTRIBUTE = Pattern.compile(
            "\\s*[\"']?(?<name>[^<>\"'\\n]+)[\"']?(?:\\s+string=[\"']?(?<string>true|false)[\"']?)?\\s*>");
    private static final Pattern BEFORE_TAG = Pattern.compile("\\s*(?<name>[^\\s<>{}`\"']+)\\s*<");
    private static final Pattern ARG_KEY = Pattern.compile("\\s*(?<name>[^<>]+?)\\s*</arg_key>\\s*<arg_value>");

    private static final String M3 = "]<]minimax[>[";
    private static final String[] CHATML = {"<|im_start|>assistant", "<|im_end|>", "<|endoftext|>"};

    static final List<ToolCallFormat> ALL = List.of(
            coder("qwen3_coder"),
            coder("qwen35"),
            coder("nemotron3"),
            new Tagged(
                    "seed_oss",
                    Frame.NONE
                            .section("<seed:tool_call>", "</seed:tool_call>")
                            .item("<function=", "</function>")
                            .textualItems()
                            .think("<seed:think>", "</seed:think>")
                            .drop("<seed:eos>", "<seed:bos>assistant"),
                    EQUALS,
                    false,
                    "<parameter=",
                    EQUALS_KEY,
                    "</parameter>",
                    "</function>",
                    false),
            glm("glm45"),
            glm("glm47"),
            glm("ling3"),
            new Tagged(
                    "hy3",
                    Frame.NONE
                            .section("<tool_calls:opensource>", "</tool_calls:opensource>")
                            .item("<tool_call:opensource>", "</tool_call:opensource>")
                            .lead("<tool_sep:opensource>")
                            .think("<think:opensource>", "</think:opensource>")
                            .think("<think>", "</think>")
                            .drop("<answer>", "</answer>"),
                    BEFORE_TAG,
                    true,
                    "<arg_key:opensource>",
                    Pattern.compile("\\s*(?<name>[^<>]+?)\\s*</arg_key:opensource>\\s*<arg_value:opensource>"),
                    "</arg_value:opensource>",
                    "</tool_call:opensource>",
                    false),
            invoke(
                    "minimax_m2",
                    Frame.NONE
                            .section("<minimax:tool_call>", "</minimax:tool_call>")
                            .think("<think>", "</think>")
                            .drop("[e~["),
                    "",
                    ATTRIBUTE),
            invoke("deepseek_v32", dsml(), "｜DSML｜", TYPED_ATTRIBUTE),
            invoke("deepseek_v4", dsml(), "｜DSML｜", TYPED_ATTRIBUTE),
            invoke(
                    "step3",
                    Frame.NONE
                            .section("<｜tool_calls_begin｜>", "<｜tool_calls_end｜>")
                            .section("<｜tool_call_begin｜>", "")
                            .lead("<｜tool_call_begin｜>", "function<｜tool_sep｜>", "<｜tool_sep｜>", "<｜tool_call_end｜>")
                            .think("<think>", "</think>")
                            .drop("<｜tool_call_end｜>", "<|EOT|>"),
                    "steptml:",
                    ATTRIBUTE),
            new Tagged(
                    "minicpm5",
                    Frame.NONE
                            .item("<function name=", "</function>")
                            .think("<think>", "</think>")
                            .drop(CHATML),
                    ATTRIBUTE,
                    false,
                    "<param name=",
                    ATTRIBUTE,
                    "</param>",
                    "</function>",
                    false),
            new Nested(
                    "minimax_m3",
                    Frame.NONE
                            .section(M3 + "<tool_call>", M3 + "</tool_call>")
                            .item(M3 + "<invoke name=", "")
                            .think("<mm:think>", "</mm:think>")
                            .drop("[e~["),
                    M3,
                    ATTRIBUTE));

    private TaggedFormats() {}

    private static Frame dsml() {
        return Frame.NONE
                .section("<｜DSML｜function_calls>", "</｜DSML｜function_calls>")
                .section("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>")
                .think("<think>", "</think>")
                .drop("<｜end▁of▁sentence｜>", "<｜Assistant｜>", "<｜User｜>");
    }

    private static Tagged coder(String id) {
        return new Tagged(
                id,
                Frame.NONE
                        .section("<tool_call>", "</tool_call>")
                        .item("<function=", "</function>")
                        .textualItems()
                        .think("<think>", "</think>")
                        .drop(CHATML)
                        .drop("<SPECIAL_12>"),
                EQUALS,
                false,
                "<parameter=",
                EQUALS_KEY,
                "</parameter>",
                "</function>",
                true);
    }

    private static Tagged glm(String id) {
        return new Tagged(
                id,
                Frame.NONE
                        .item("<tool_call>", "</tool_call>")
                        .think("<think>", "</think>")
                        .drop("<|assistant|>", "<|observation|>", "<|user|>", "<|endoftext|>")
                        .drop("<|role_end|>", "<role>ASSISTANT</role>", "[gMASK]", "<sop>"),
                BEFORE_TAG,
                true,
                "<arg_key>",
                ARG_KEY,
                "</arg_value>",
                "</tool_call>",
                false);
    }

    /** {@code <invoke name="N"><parameter name="K">V</parameter></invoke>} with a prefix to each tag's name. */
    static Tagged invoke(String id, Frame frame, String prefix, Pattern argument) {
        Frame items = frame.item("<" + prefix + "invoke name=", "</" + prefix + "invoke>");
        return new Tagged(
                id,
                prefix.isEmpty() ? items.textualItems() : items,
                ATTRIBUTE,
                false,
                "<" + prefix + "parameter name=",
                argument,
                "</" + prefix + "parameter>",
                "</" + prefix + "invoke>",
                false);
    }
}
