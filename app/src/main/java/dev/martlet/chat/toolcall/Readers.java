package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.BuiltIns;
import dev.martlet.chat.toolcall.ToolCallFormat.JsonCall;
import dev.martlet.chat.toolcall.ToolCallFormat.NamedJson;
import java.util.Set;

/** From a format to the reader of its family. */
final class Readers {
    private Readers() {}

    static CallReader reader(ToolCallFormat format, CallReader.Host host, Set<String> controlTokens) {
        return switch (format) {
            case JsonCall json -> new JsonCallReader(json, host, controlTokens);
            case NamedJson named -> new NamedJsonReader(named, host, controlTokens);
            case BuiltIns builtIns -> new BuiltInReader(builtIns, host, controlTokens);
        };
    }

    static Frame frame(ToolCallFormat format) {
        return switch (format) {
            case JsonCall json -> json.frame();
            case NamedJson named -> named.frame();
            case BuiltIns builtIns -> builtIns.frame();
        };
    }
}
