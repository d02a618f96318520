package dev.martlet.bench.serving;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Clients that begin at once with short prompts and long answers: what a token costs beside the model.
 *
 * @param tiny a model that costs next to nothing, with a token for each of the {@link Words}
 */
record Streams(int clients, int outputTokens, Path tiny) implements Workload {
    private static final int PROMPT_WORDS = 6;
    private static final int LONGEST_PROMPT = 128;

    @Override
    public String id() {
        return "streams64";
    }

    @Override
    public String title() {
        return clients + " clients at once, a tiny model, short prompts, " + outputTokens + " tokens out";
    }

    @Override
    public List<Figure> figures() {
        return List.of(Figure.OUTPUT_RATE, Figure.FIRST_P50, Figure.FIRST_P95);
    }

    @Override
    public int tokensPerClient() {
        return LONGEST_PROMPT + outputTokens;
    }

    @Override
    public Optional<Path> ownModel() {
        return Optional.of(tiny);
    }

    @Override
    public Run run(ServerProcess server, long seed) throws InterruptedException {
        Words words = new Words(seed);
        List<Chat> chats = Stream.generate(() -> Chat.of(words.text(PROMPT_WORDS), outputTokens))
                .limit(clients)
                .toList();
        return FanOut.rated(server.client().sendAll(chats));
    }
}
