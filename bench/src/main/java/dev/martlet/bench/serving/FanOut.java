package dev.martlet.bench.serving;

import java.util.List;
import java.util.stream.Stream;

/**
 * Clients that all begin at once with the same long system message, as agents do.
 *
 * @param sharedWords words of the system message
 */
record FanOut(String id, int clients, int sharedWords, int sharedTokens, int outputTokens) implements Workload {
    private static final int USER_WORDS = 30;
    private static final int MARGIN = 192;

    @Override
    public String title() {
        return clients + " clients at once, " + sharedTokens + " prompt tokens shared, " + outputTokens + " tokens out";
    }

    @Override
    public List<Figure> figures() {
        return List.of(Figure.WALL, Figure.FIRST_P50, Figure.FIRST_P95, Figure.GAP);
    }

    @Override
    public int tokensPerClient() {
        return sharedTokens + outputTokens + MARGIN;
    }

    @Override
    public Run run(ServerProcess server, long seed) throws InterruptedException {
        List<Answer> answers = server.client().sendAll(chats(seed));
        return timed(answers)
                .with(
                        Figure.GAP,
                        answers.stream().mapToDouble(Answer::worstGap).max().orElseThrow());
    }

    List<Chat> chats(long seed) {
        Words words = new Words(seed);
        String system = "You are an agent. Tools: " + words.text(sharedWords);
        return Stream.generate(() -> Chat.of(system, words.text(USER_WORDS), outputTokens))
                .limit(clients)
                .toList();
    }

    /** A run with the time that all answers took, and to the first tokens. */
    static Run timed(List<Answer> answers) {
        List<Double> firsts = answers.stream().map(Answer::timeToFirst).toList();
        return Run.of(answers)
                .with(Figure.WALL, seconds(answers))
                .with(Figure.FIRST_P50, Stats.percentile(firsts, 0.5))
                .with(Figure.FIRST_P95, Stats.percentile(firsts, 0.95));
    }

    /** The same with the rate of output. */
    static Run rated(List<Answer> answers) {
        Run run = timed(answers);
        return run.with(Figure.OUTPUT_RATE, run.outputTokens() / run.figures().get(Figure.WALL));
    }

    private static double seconds(List<Answer> answers) {
        long begin = answers.stream().mapToLong(Answer::sentAt).min().orElseThrow();
        long end = answers.stream().mapToLong(Answer::endedAt).max().orElseThrow();
        return (end - begin) / 1e9;
    }
}
