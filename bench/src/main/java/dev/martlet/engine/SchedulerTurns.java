package dev.martlet.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A scheduler over a model that costs nothing, turned by hand, with a reader for each request: what the engine's own
 * work on a token costs. It is in the engine's package because the scheduler is.
 */
public final class SchedulerTurns {
    /** Tokens of an answer; then another request comes in. */
    private static final int ANSWER = 4_096;

    private static final int PROMPT = 8;

    private final Inbox inbox;
    private final Scheduler scheduler;
    private final List<GenerationStream> streams = new ArrayList<>();
    private int requests;

    /** @param running requests at once, 1 to 255 */
    public SchedulerTurns(int running) {
        IdleRunner runner = new IdleRunner(running);
        EngineOptions options = EngineOptions.defaults()
                .withCachedPrefixes(0)
                .withMaxSequences(running)
                .withPrefixCache(false);
        Counters counters = new Counters(runner.limits().contextTokens());
        inbox = new Inbox(options, counters);
        Constraints constraints = new Constraints(ByteTokens.vocabulary(), new ByteTokens());
        scheduler =
                new Scheduler(runner, ByteTokens.vocabulary(), options, inbox, counters, constraints, System::nanoTime);
        for (int i = 0; i < running; i++) {
            streams.add(submit());
        }
    }

    /** One step and its reading; returns the tokens that it gave. */
    public int turn() {
        scheduler.doWork();
        int tokens = 0;
        for (int i = 0; i < streams.size(); i++) {
            GenerationStream stream = streams.get(i);
            for (Optional<TokenEvent> event = stream.poll(); event.isPresent(); event = stream.poll()) {
                switch (event.get()) {
                    case TokenEvent.Token token -> tokens++;
                    case TokenEvent.Scores scores -> throw new IllegalStateException("nobody asked for scores");
                    case TokenEvent.End end -> {
                        stream = submit();
                        streams.set(i, stream);
                    }
                }
            }
        }
        return tokens;
    }

    private GenerationStream submit() {
        int[] prompt = new int[PROMPT];
        for (int i = 0; i < PROMPT; i++) {
            prompt[i] = 'a' + (requests >> 4 * i) % 16;
        }
        requests++;
        GenerationStream stream = new GenerationStream(() -> {});
        // Answers of different lengths, so that they do not all end in one step.
        inbox.submit(GenerationRequest.of(prompt, ANSWER + requests % 64), stream, System.nanoTime());
        return stream;
    }
}
