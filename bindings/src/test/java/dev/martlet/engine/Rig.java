package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** A scheduler over a scripted runner, turned by hand: no thread, no clock. */
final class Rig {

    /** What a reader of a generation gets in all. */
    record Outcome(String text, FinishReason reason, Usage usage) {}

    private static final Map<GenerationStream, Outcome> READ = new HashMap<>();

    final ScriptedStepRunner runner;
    final Inbox inbox;
    final Counters counters;
    final Scheduler scheduler;
    final AtomicLong clock = new AtomicLong();

    /** Where masks are found: at once, unless a test wants it otherwise. */
    Executor maskWorkers = Runnable::run;

    Rig(StepRunner.Limits limits, EngineOptions options, ScriptedStepRunner.Script script) {
        runner = new ScriptedStepRunner(limits, script);
        counters = new Counters(limits.contextTokens());
        inbox = new Inbox(options, counters);
        Constraints constraints =
                new Constraints(ByteTokens.vocabulary(), new ByteTokens(), task -> maskWorkers.execute(task));
        scheduler = new Scheduler(runner, ByteTokens.vocabulary(), options, inbox, counters, constraints, clock::get);
    }

    static Rig answering(int cells, Function<String, String> answer) {
        return new Rig(ScriptedStepRunner.limits(cells), small(), ScriptedStepRunner.answering(answer));
    }

    /** Four at once, steps of 16 tokens. */
    static EngineOptions small() {
        return EngineOptions.defaults()
                .withMaxSequences(4)
                .withBatchTokens(16)
                .withCachedPrefixes(4)
                .withQueueLimit(1_000);
    }

    GenerationStream submit(String prompt, int maxTokens) {
        return submit(GenerationRequest.of(ByteTokens.tokens(prompt), maxTokens));
    }

    GenerationStream submit(GenerationRequest request) {
        GenerationStream stream = new GenerationStream(() -> {});
        inbox.submit(request, stream, clock.get());
        return stream;
    }

    /** Turns the scheduler until it has nothing to do. */
    void runAll() {
        for (int turn = 0; scheduler.doWork() > 0; turn++) {
            assertThat(turn).as("turns without an end").isLessThan(100_000);
        }
        EngineMetrics metrics = counters.snapshot();
        assertThat(metrics.running() + metrics.waiting())
                .as("requests left behind")
                .isZero();
    }

    /** What has come, once it has ended; the same again when asked again. */
    static synchronized Outcome read(GenerationStream stream) {
        return READ.computeIfAbsent(stream, Rig::readToEnd);
    }

    private static Outcome readToEnd(GenerationStream stream) {
        int[] tokens = new int[8_192];
        int size = 0;
        while (true) {
            switch (stream.poll().orElseThrow(() -> new AssertionError("it has not ended"))) {
                case TokenEvent.Token token -> tokens[size++] = token.id();
                case TokenEvent.Scores scores -> {
                    // told apart: ScoringTest
                }
                case TokenEvent.End end -> {
                    assertThat(end.usage().completionTokens()).isGreaterThanOrEqualTo(size);
                    assertThat(end.failure().isPresent()).isEqualTo(end.reason() == FinishReason.ERROR);
                    return new Outcome(ByteTokens.text(tokens, size), end.reason(), end.usage());
                }
            }
        }
    }
}
