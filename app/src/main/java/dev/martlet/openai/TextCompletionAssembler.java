package dev.martlet.openai;

import dev.martlet.chat.toolcall.ChatEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folds the events of a completion of plain text into one body. Not thread-safe. */
public final class TextCompletionAssembler implements AnswerBody {
    private final AnswerHeader header;
    private final List<String> echoes;
    private final int candidates;
    private final int best;
    private final List<Text> texts = new ArrayList<>();

    /**
     * @param echoes what each choice begins with; none where prompts are not repeated
     * @param candidates how many choices in a row share a prompt
     * @param best how many of them are part of the answer: those of the highest log probability per token
     */
    public TextCompletionAssembler(AnswerHeader header, List<String> echoes, int candidates, int best) {
        this.header = header;
        this.echoes = List.copyOf(echoes);
        this.candidates = candidates;
        this.best = best;
    }

    private static final class Text {
        final StringBuilder text = new StringBuilder();
        final List<TokenLogprob> prompt = new ArrayList<>();
        final List<TokenLogprob> logprobs = new ArrayList<>();
        AnswerEnd end = AnswerEnd.STOP;

        List<TokenLogprob> told() {
            return Stream.concat(prompt.stream(), logprobs.stream()).toList();
        }

        /** What the candidates of a prompt are compared by; an empty text is worse than any other. */
        double logprobPerToken() {
            return logprobs.stream()
                    .mapToDouble(TokenLogprob::logprob)
                    .average()
                    .orElse(Double.NEGATIVE_INFINITY);
        }
    }

    @Override
    public void begin(int choice) {
        while (texts.size() <= choice) {
            texts.add(new Text());
        }
        if (!echoes.isEmpty()) {
            texts.get(choice).text.append(echoes.get(choice));
        }
    }

    @Override
    public void prompt(int choice, List<TokenLogprob> tokens) {
        texts.get(choice).prompt.addAll(tokens);
    }

    @Override
    public void event(int choice, ChatEvent event, List<TokenLogprob> logprobs) {
        if (event instanceof ChatEvent.Content content) {
            texts.get(choice).text.append(content.text());
            texts.get(choice).logprobs.addAll(logprobs);
        }
    }

    @Override
    public void end(int choice, AnswerEnd end) {
        texts.get(choice).end = end;
    }

    @Override
    public byte[] body(UsageReport usage) {
        JsonBuffer out = new JsonBuffer(1024);
        header.open(out, "text_completion").raw(",\"choices\":[");
        List<Text> chosen = chosen();
        for (int i = 0; i < chosen.size(); i++) {
            Text text = chosen.get(i);
            out.raw(i == 0 ? "" : ",").raw("{\"index\":").number(i);
            out.raw(",\"text\":").string(text.text).raw(",\"logprobs\":");
            TextLogprobs.write(out, header.logprobs(), text.told());
            out.raw(",\"finish_reason\":").string(text.end.wire()).raw("}");
        }
        out.raw("],\"usage\":");
        usage.write(out);
        return out.raw("}").toBytes();
    }

    private List<Text> chosen() {
        if (best == candidates) {
            return texts;
        }
        List<Text> chosen = new ArrayList<>();
        for (int from = 0; from < texts.size(); from += candidates) {
            texts.subList(from, from + candidates).stream()
                    .sorted(Comparator.comparingDouble(Text::logprobPerToken).reversed())
                    .limit(best)
                    .forEach(chosen::add);
        }
        return chosen;
    }
}
