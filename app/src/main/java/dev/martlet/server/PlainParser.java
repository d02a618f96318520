package dev.martlet.server;

import dev.martlet.chat.toolcall.ChatEvent;
import dev.martlet.chat.toolcall.OutputParser;
import dev.martlet.chat.toolcall.StopCause;
import java.util.function.Consumer;

/** All text is content; control tokens are no text. */
final class PlainParser implements OutputParser {
    @Override
    public void push(CharSequence text, boolean control, Consumer<ChatEvent> out) {
        if (!control) {
            out.accept(new ChatEvent.Content(text.toString()));
        }
    }

    @Override
    public void finish(StopCause cause, Consumer<ChatEvent> out) {}

    @Override
    public boolean callEnded() {
        return false;
    }
}
