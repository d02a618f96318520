package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.Blocks;
import dev.martlet.chat.toolcall.ToolCallFormat.Messages;
import dev.martlet.chat.toolcall.ToolCallFormat.Recipients;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Formats whose answers are messages or blocks with headers of their own. */
final class MessageFormats {
    private static final Pattern HARMONY_HEADER = Pattern.compile("\\s*(?:assistant)?\\s*(?:to=[^\\s<]*\\s*)?"
            + "(?:<\\|channel\\|>\\s*(?:analysis|commentary|final)?\\s*(?:to=[^\\s<]*\\s*)?\\s*)?"
            + "(?:(?:<\\|constrain\\|>\\s*)?[A-Za-z0-9_]*\\s*)?");
    private static final Pattern MUSE_HEADER = Pattern.compile("\\s*(?:assistant)?\\s*(?:to=[^\\s<]*\\s*)?");

    static final List<ToolCallFormat> ALL = List.of(
            new Messages(
                    "gpt_oss",
                    "<|start|>",
                    List.of("<|channel|>", "<|constrain|>"),
                    "<|message|>",
                    List.of("<|end|>", "<|call|>", "<|return|>"),
                    HARMONY_HEADER,
                    "functions.",
                    "",
                    Set.of("assistant", "user", "all"),
                    Optional.empty()),
            new Messages(
                    "muse_glimmer",
                    "<|start|>",
                    List.of(),
                    "<|message|>",
                    List.of("<|eom|>", "<|eot|>"),
                    MUSE_HEADER,
                    "",
                    "self",
                    Set.of("assistant", "user", "all"),
                    Optional.of(TaggedFormats.invoke(
                            "atem",
                            Frame.NONE.section("<atem:function_calls>", "</atem:function_calls>"),
                            "atem:",
                            TaggedFormats.ATTRIBUTE))),
            new Recipients("functionary_v32", ">>>", "all", List.of("<|eot_id|>", "<|eom_id|>")),
            new Blocks("kimi_k3", "<|open|>", "<|close|>", "<|sep|>", List.of("<|im_end|>")));

    private MessageFormats() {}
}
