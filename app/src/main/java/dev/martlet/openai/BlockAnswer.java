package dev.martlet.openai;

import dev.martlet.chat.toolcall.ChatEvent;
import java.util.List;
import java.util.Optional;

/** What answers have in common that consist of {@link Blocks} and of one choice. Not thread-safe. */
public abstract class BlockAnswer {
    private final Blocks blocks;
    private Optional<AnswerEnd> end = Optional.empty();
    private Optional<String> stop = Optional.empty();

    /** @param continues whether the answer goes on with a text that the request began */
    protected BlockAnswer(boolean continues) {
        this.blocks = new Blocks(continues);
    }

    /** The blocks so far. */
    protected final List<Blocks.Block> blocks() {
        return blocks.list();
    }

    /** Who is told of the blocks as they come. */
    protected Blocks.Listener listener() {
        return Blocks.Listener.NONE;
    }

    /** Why the answer ended; empty before. */
    protected final Optional<AnswerEnd> ended() {
        return end;
    }

    /** Whether the answer was longer than it may be. */
    protected final boolean cutOff() {
        return end.filter(reason -> reason == AnswerEnd.LENGTH).isPresent();
    }

    /** The text that the request wanted the answer to stop at, if that is why it ended. */
    protected final Optional<String> stoppedAt() {
        return stop;
    }

    /** As {@link AnswerSink#begin}. */
    public void begin(int choice) {}

    /** As {@link AnswerSink#event}. */
    public final void event(int choice, ChatEvent event, List<TokenLogprob> logprobs) {
        blocks.accept(event, listener());
    }

    /** As {@link AnswerSink#stopped}. */
    public final void stopped(int choice, String text) {
        stop = Optional.of(text);
    }

    /** As {@link AnswerSink#end}. */
    public final void end(int choice, AnswerEnd reason) {
        end = Optional.of(reason);
        blocks.end(reason != AnswerEnd.LENGTH, listener());
    }
}
