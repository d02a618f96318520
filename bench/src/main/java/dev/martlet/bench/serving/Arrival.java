package dev.martlet.bench.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A long prompt that arrives while others stream. What counts is the longest that a reader of a stream sees nothing
 * from the arrival until the prompt's own first token; a stream that has not begun counts as silent since the arrival.
 *
 * @param promptWords words of the long prompt
 * @param promptTokens about as many tokens
 * @param streamTokens tokens of each stream, more than it will come to write
 */
record Arrival(int streams, int promptWords, int promptTokens, int streamTokens) implements Workload {
    private static final int ASK_WORDS = 20;
    private static final int OUTPUT = 8;
    private static final int MARGIN = 320;

    /** Pieces that each stream has sent when the prompt arrives. */
    private static final int UNDER_WAY = 8;

    /** How long a server gets for that, in milliseconds: one that runs fewer at once never will. */
    private static final long PATIENCE = 5_000;

    private static final long POLL_MILLIS = 5;

    @Override
    public String id() {
        return "arrival";
    }

    @Override
    public String title() {
        return "a prompt of " + promptTokens + " tokens arrives while " + streams + " answers stream";
    }

    @Override
    public List<Figure> figures() {
        return List.of(Figure.SILENCE, Figure.LONG_FIRST);
    }

    @Override
    public int clients() {
        return streams + 1;
    }

    @Override
    public int tokensPerClient() {
        return Math.max(promptTokens + OUTPUT, streamTokens) + MARGIN;
    }

    @Override
    public Run run(ServerProcess server, long seed) throws InterruptedException {
        Words words = new Words(seed);
        List<Client.Exchange> exchanges = Stream.generate(
                        () -> server.client().exchange(Chat.of(words.text(ASK_WORDS), streamTokens)))
                .limit(streams)
                .toList();
        CompletableFuture<List<Answer>> running = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                running.complete(Client.runAll(exchanges));
            } catch (InterruptedException | RuntimeException e) {
                running.completeExceptionally(e);
            }
        });
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE);
        while (System.nanoTime() < deadline && exchanges.stream().anyMatch(e -> e.received() < UNDER_WAY)) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        Answer arrived = server.client().send(Chat.of(words.text(promptWords), OUTPUT));
        for (Client.Exchange exchange : exchanges) {
            hangUp(exchange);
        }
        List<Answer> answers = running.join();
        if (arrived.failure().isPresent() || arrived.pieces().isEmpty()) {
            return Run.of(List.of(arrived));
        }
        long from = arrived.sentAt();
        long to = arrived.pieces().getFirst();
        // Counted is the prompt that arrived: most streams are hung up on before they tell their counts.
        return Run.of(List.of(arrived))
                .withFailuresOf(answers)
                .with(
                        Figure.SILENCE,
                        answers.stream()
                                .mapToDouble(answer -> answer.longestSilence(from, to))
                                .max()
                                .orElseThrow())
                .with(Figure.LONG_FIRST, arrived.timeToFirst());
    }

    private static void hangUp(Client.Exchange exchange) {
        try {
            exchange.hangUp();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
