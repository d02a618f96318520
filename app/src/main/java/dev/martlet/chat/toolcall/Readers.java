package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.Blocks;
import dev.martlet.chat.toolcall.ToolCallFormat.BuiltIns;
import dev.martlet.chat.toolcall.ToolCallFormat.JsonCall;
import dev.martlet.chat.toolcall.ToolCallFormat.Messages;
import dev.martlet.chat.toolcall.ToolCallFormat.NamedJson;
import dev.martlet.chat.toolcall.ToolCallFormat.Nested;
import dev.martlet.chat.toolcall.ToolCallFormat.Pythonic;
import dev.martlet.chat.toolcall.ToolCallFormat.Recipients;
import dev.martlet.chat.toolcall.ToolCallFormat.Tagged;
import java.util.Set;

/** From a format to the reader of its family. */
final class Readers {
    private Readers() {}

    static CallReader reader(ToolCallFormat format, CallReader.Host host, Set<String> controlTokens) {
        return switch (format) {
            case JsonCall json -> new JsonCallReader(json, host, controlTokens);
            case NamedJson named -> new NamedJsonReader(named, host, controlTokens);
            case Tagged tagged -> new TaggedReader(tagged, host, controlTokens);
            case Pythonic pythonic -> new PythonicReader(pythonic, host, controlTokens);
            case Nested nested -> new NestedReader(nested, host, controlTokens);
            case BuiltIns builtIns -> new BuiltInReader(builtIns, host, controlTokens);
            case Messages messages -> throw notInText(messages);
            case Recipients recipients -> throw notInText(recipients);
            case Blocks blocks -> throw notInText(blocks);
        };
    }

    static Frame frame(ToolCallFormat format) {
        return switch (format) {
            case JsonCall json -> json.frame();
            case NamedJson named -> named.frame();
            case Tagged tagged -> tagged.frame();
            case Pythonic pythonic -> pythonic.frame();
            case Nested nested -> nested.frame();
            case BuiltIns builtIns -> builtIns.frame();
            case Messages messages -> Frame.NONE;
            case Recipients recipients -> Frame.NONE;
            case Blocks blocks -> Frame.NONE;
        };
    }

    private static IllegalArgumentException notInText(ToolCallFormat format) {
        return new IllegalArgumentException(format.id() + " is a format of whole answers, not of sections in text");
    }
}
