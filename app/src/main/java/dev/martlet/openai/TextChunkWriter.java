package dev.martlet.openai;

import dev.martlet.chat.toolcall.ChatEvent;
import java.util.List;

/** Writes a completion of plain text as server-sent events, one chunk per event. Not thread-safe. */
public final class TextChunkWriter extends EventWriter {
    private final List<String> echoes;

    /** Whether what a choice begins with is told when its log probabilities are known. */
    private final boolean scored;

    /**
     * @param includeUsage whether the stream ends with a chunk of the usage; every other chunk then has a null usage
     * @param echoes what each choice begins with; none where prompts are not repeated
     * @param scored whether they are told with the log probabilities of their tokens
     */
    public TextChunkWriter(AnswerHeader header, boolean includeUsage, List<String> echoes, boolean scored) {
        super(header, "text_completion", includeUsage);
        this.echoes = List.copyOf(echoes);
        this.scored = scored;
    }

    @Override
    public void begin(int choice) {
        if (!echoes.isEmpty() && !scored) {
            write(choice, echoes.get(choice), List.of());
        }
    }

    @Override
    public void prompt(int choice, List<TokenLogprob> tokens) {
        write(choice, echoes.get(choice), tokens);
    }

    @Override
    public void event(int choice, ChatEvent event, List<TokenLogprob> logprobs) {
        if (event instanceof ChatEvent.Content content) {
            write(choice, content.text(), logprobs);
        }
    }

    private void write(int choice, String text, List<TokenLogprob> logprobs) {
        open(choice).raw(",\"text\":").string(text).raw(",\"logprobs\":");
        TextLogprobs.write(out, header.logprobs() && !logprobs.isEmpty(), logprobs);
        out.raw(",\"finish_reason\":null");
        close();
    }

    @Override
    public void end(int choice, AnswerEnd end) {
        open(choice).raw(",\"text\":\"\",\"logprobs\":null,\"finish_reason\":").string(end.wire());
        close();
    }
}
