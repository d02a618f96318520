package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.BuiltIns;
import dev.martlet.chat.toolcall.ToolCallFormat.JsonCall;
import dev.martlet.chat.toolcall.ToolCallFormat.NamedJson;
import dev.martlet.chat.toolcall.ToolCallFormat.Pythonic;
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
            case BuiltIns builtIns -> new BuiltInReader(builtIns, host, controlTokens);
        };
    }

    static Frame frame(ToolCallFormat format) {
        return switch (format) {
            case JsonCall json -> json.frame();
            case NamedJson named -> named.frame();
            case Tagged tagged -> tagged.frame();
            case Pythonic pythonic -> pythonic.frame();
            case BuiltIns builtIns -> builtIns.frame();
        };
    }
}
