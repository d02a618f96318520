package dev.martlet.bench.serving;

import java.util.List;
import java.util.stream.IntStream;

/** Clients that begin at once with prompts of different lengths, nothing shared. */
record Mixed(int clients, int outputTokens) implements Workload {
    private static final int[] WORDS = {20, 100, 400};
    private static final int LONGEST_TOKENS = 800;

    @Override
    public String id() {
        return "mixed";
    }

    @Override
    public String title() {
        return clients + " clients at once, prompts of 20, 100 and 400 words, " + outputTokens + " tokens out";
    }

    @Override
    public List<Figure> figures() {
        return List.of(Figure.OUTPUT_RATE, Figure.FIRST_P50, Figure.FIRST_P95);
    }

    @Override
    public int tokensPerClient() {
        return LONGEST_TOKENS + outputTokens;
    }

    @Override
    public Run run(ServerProcess server, long seed) throws InterruptedException {
        return FanOut.rated(server.client().sendAll(chats(seed)));
    }

    List<Chat> chats(long seed) {
        Words words = new Words(seed);
        return IntStream.range(0, clients)
                .mapToObj(i -> Chat.of(words.text(WORDS[i % WORDS.length]), outputTokens))
                .toList();
    }
}
