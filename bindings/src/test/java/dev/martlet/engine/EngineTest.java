package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine with its own thread. */
@Timeout(60)
class EngineTest {

    private static final Duration LONG = Duration.ofSeconds(50);

    private static Engine start(ScriptedStepRunner runner, EngineOptions options) {
        return Engine.start(runner, ByteTokens.vocabulary(), new ByteTokens(), options);
    }

    private static ScriptedStepRunner echo() {
        return new ScriptedStepRunner(
                ScriptedStepRunner.generousLimits(), ScriptedStepRunner.answering(prompt -> "re: " + prompt));
    }

    private static TokenEvent.End end(Generation generation) throws InterruptedException {
        while (true) {
            if (generation.next() instanceof TokenEvent.End end) {
                return end;
            }
        }
    }

    @Test
    void shouldStreamTextLazily() {
        ScriptedStepRunner runner = echo();
        try (Engine engine = start(runner, EngineOptions.defaults())) {
            TextGeneration generation = engine.generate("schön, 🐦", 64);
            assertThat(generation.finishReason()).isEmpty();
            assertThat(generation.text().toList()).contains("ö", "🐦").startsWith("r", "e", ":");
            assertThat(generation.finishReason()).contains(FinishReason.STOP);
            assertThat(generation.usage()).contains(new Usage(12, 0, 16));
            assertThat(engine.generate("again", 4).readAll()).isEqualTo("re: ");
        }
        assertThat(runner.isClosed()).isTrue();
        assertThat(runner.openSamplers()).isZero();
    }

    @Test
    void shouldServeManyVirtualThreadsAtOnce() throws Exception {
        try (Engine engine = start(echo(), EngineOptions.defaults());
                ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String prompt = "number " + i;
                answers.add(readers.submit(() -> engine.generate(prompt, 64).readAll()));
            }
            for (int i = 0; i < 200; i++) {
                assertThat(answers.get(i).get()).isEqualTo("re: number " + i);
            }
            assertThat(engine.metrics().ended()).isEqualTo(200);
        }
    }

    @Test
    void shouldRefuseWhatDoesNotFit() throws Exception {
        ScriptedStepRunner runner = echo();
        CountDownLatch hold = new CountDownLatch(1);
        runner.beforeStep(() -> await(hold));
        try (Engine engine =
                start(runner, EngineOptions.defaults().withMaxSequences(2).withQueueLimit(1))) {
            assertThatThrownBy(() -> engine.submit(GenerationRequest.of(new int[20_000], 1)))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.PROMPT_TOO_LONG));
            assertThatThrownBy(() -> engine.submit(GenerationRequest.of(new int[] {258}, 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("258");
            Sampling bias = new Sampling(0, 0, 1, 0, 1, 0, 0, 0, Map.of(-1, 2f), 0);
            assertThatThrownBy(() ->
                            engine.submit(GenerationRequest.of(new int[] {1}, 1).withSampling(bias)))
                    .isInstanceOf(IllegalArgumentException.class);
            List<Generation> taken = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                taken.add(engine.submit(GenerationRequest.of(ByteTokens.tokens("x"), 3)));
            }
            assertThatThrownBy(() -> engine.submit(GenerationRequest.of(new int[] {1}, 1)))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.QUEUE_FULL));
            hold.countDown();
            for (Generation generation : taken) {
                assertThat(end(generation).reason()).isEqualTo(FinishReason.LENGTH);
            }
        }
    }

    @Test
    void shouldLetRunningRequestsFinishWhenDrained() throws Exception {
        ScriptedStepRunner runner = echo();
        Engine engine = start(runner, EngineOptions.defaults());
        Generation generation = engine.submit(GenerationRequest.of(ByteTokens.tokens("last words"), 64));
        assertThat(engine.drain(LONG)).isTrue();
        assertThat(end(generation).reason()).isEqualTo(FinishReason.STOP);
        assertThatThrownBy(() -> engine.generate("more", 1))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.SHUTDOWN));
        assertThat(runner.isClosed()).isTrue();
    }

    @Test
    void shouldEndWhatDoesNotFinishInTime() throws Exception {
        ScriptedStepRunner runner = new ScriptedStepRunner(
                ScriptedStepRunner.generousLimits(), ScriptedStepRunner.answering(p -> "x".repeat(10_000)));
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch hold = new CountDownLatch(1);
        runner.beforeStep(() -> {
            entered.countDown();
            await(hold);
        });
        Engine engine = start(runner, EngineOptions.defaults());
        Generation generation = engine.submit(GenerationRequest.of(ByteTokens.tokens("x"), 10_000));
        await(entered);
        Thread closer = Thread.ofVirtual().start(() -> {
            try {
                assertThat(engine.drain(Duration.ZERO)).isFalse();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        hold.countDown();
        closer.join();
        // Either the thread saw the closing at once, or the reader was too slow for 1,024 tokens before it did.
        assertThat(end(generation).reason()).isIn(FinishReason.SHUTDOWN, FinishReason.CANCELLED);
        engine.close();
    }

    @Test
    void shouldCancelFromAnotherThread() throws Exception {
        ScriptedStepRunner runner = new ScriptedStepRunner(
                ScriptedStepRunner.generousLimits(), ScriptedStepRunner.answering(p -> "x".repeat(10_000)));
        CountDownLatch hold = new CountDownLatch(1);
        runner.beforeStep(() -> await(hold));
        try (Engine engine = start(runner, EngineOptions.defaults())) {
            Generation generation = engine.submit(GenerationRequest.of(ByteTokens.tokens("x"), 10_000));
            generation.cancel();
            hold.countDown();
            assertThat(end(generation).reason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(generation.next()).isInstanceOf(TokenEvent.End.class);
        }
    }

    @Test
    void shouldWaitNoLongerThanToldForATokenThatDoesNotCome() throws Exception {
        ScriptedStepRunner runner = echo();
        CountDownLatch hold = new CountDownLatch(1);
        runner.beforeStep(() -> await(hold));
        try (Engine engine = start(runner, EngineOptions.defaults())) {
            Generation generation = engine.submit(GenerationRequest.of(ByteTokens.tokens("x"), 1));
            assertThat(generation.next(Duration.ofMillis(5))).isEmpty();
            assertThat(generation.poll()).isEmpty();
            hold.countDown();
            assertThat(generation.next(LONG)).isPresent();
        }
    }

    @Test
    void shouldEndEverythingWithAnErrorWhenItsThreadFails() throws Exception {
        ScriptedStepRunner runner = echo();
        runner.beforeStep(() -> {
            throw new AssertionError("a defect");
        });
        try (Engine engine = start(runner, EngineOptions.defaults())) {
            Generation generation = engine.submit(GenerationRequest.of(ByteTokens.tokens("x"), 1));
            TokenEvent.End end = end(generation);
            assertThat(end.reason()).isEqualTo(FinishReason.ERROR);
            assertThat(end.failure().orElseThrow()).hasMessageContaining("a defect");
        }
    }

    @Test
    void shouldEndEveryRequestOnceWhateverTheOrderOfSubmitCancelFailureAndClose() throws Exception {
        long base = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("EngineTest: martlet.test.seed=" + base);
        for (int round = 0; round < 30; round++) {
            storm(base + round);
        }
    }

    /** Threads submit, cancel and break things while another closes or drains. */
    private static void storm(long seed) throws Exception {
        ScriptedStepRunner runner = new ScriptedStepRunner(ScriptedStepRunner.limits(300), ScriptedStepRunner.babble());
        EngineOptions options =
                EngineOptions.defaults().withMaxSequences(4).withBatchTokens(16).withQueueLimit(6);
        Engine engine = start(runner, options);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> submitters = new ArrayList<>();
            for (int t = 0; t < 6; t++) {
                Random random = new Random(seed * 31 + t);
                submitters.add(threads.submit(() -> submitUntilShutdown(engine, runner, random)));
            }
            // A fixed amount of work, not of time, before it ends.
            while (engine.metrics().ended() < 100) {
                Thread.sleep(1);
            }
            if (seed % 2 == 0) {
                engine.close();
            } else {
                engine.drain(Duration.ofMillis(seed % 5));
            }
            int accepted = 0;
            for (Future<Integer> submitter : submitters) {
                accepted += submitter.get();
            }
            assertThat(engine.metrics().ended()).as("seed %d", seed).isEqualTo(accepted);
            assertThat(engine.metrics().running() + engine.metrics().waiting()).isZero();
            assertThat(runner.openSamplers()).isZero();
            assertThat(runner.isClosed()).isTrue();
        }
    }

    private static int submitUntilShutdown(Engine engine, ScriptedStepRunner runner, Random random)
            throws InterruptedException {
        int accepted = 0;
        while (true) {
            try {
                int[] prompt = ByteTokens.tokens("x".repeat(1 + random.nextInt(80)));
                Generation generation = engine.submit(GenerationRequest.of(prompt, 1 + random.nextInt(40)));
                accepted++;
                switch (random.nextInt(8)) {
                    case 0 -> generation.cancel();
                    case 1 -> {
                        generation.next();
                        generation.cancel();
                    }
                    case 2 -> runner.inject(ScriptedStepRunner.Fault.FAILED_HALFWAY);
                    default -> {}
                }
                TokenEvent.End end = end(generation);
                assertThat(generation.next()).isSameAs(end);
            } catch (EngineException e) {
                if (e.kind() == EngineException.Kind.SHUTDOWN) {
                    return accepted;
                }
                assertThat(e.kind()).isEqualTo(EngineException.Kind.QUEUE_FULL);
                Thread.yield();
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
