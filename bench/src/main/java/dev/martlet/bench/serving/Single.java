package dev.martlet.bench.serving;

import java.util.List;

/**
 * One client alone: a long answer, then a long prompt.
 *
 * @param promptWords words of the long prompt
 * @param promptTokens about as many tokens
 */
record Single(int promptWords, int promptTokens, int outputTokens) implements Workload {
    private static final int ASK_WORDS = 20;
    private static final int MARGIN = 192;

    @Override
    public String id() {
        return "single";
    }

    @Override
    public String title() {
        return "one client, " + outputTokens + " tokens out; then a prompt of " + promptTokens + " tokens";
    }

    @Override
    public List<Figure> figures() {
        return List.of(Figure.DECODE_RATE, Figure.PREFILL_RATE);
    }

    @Override
    public int clients() {
        return 1;
    }

    @Override
    public int tokensPerClient() {
        return Math.max(promptTokens, outputTokens) + MARGIN;
    }

    @Override
    public Run run(ServerProcess server, long seed) {
        Words words = new Words(seed);
        Answer written = server.client().send(Chat.of(words.text(ASK_WORDS), outputTokens));
        Answer read = server.client().send(Chat.of(words.text(promptWords), 1));
        return Run.of(List.of(written, read))
                .with(Figure.DECODE_RATE, written.decodeRate())
                .with(Figure.PREFILL_RATE, (read.promptTokens() - read.cachedTokens()) / read.timeToFirst());
    }
}
