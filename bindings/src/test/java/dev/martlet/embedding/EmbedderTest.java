package dev.martlet.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.engine.EngineException;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The embedder with its own thread, over a scripted model. */
@Timeout(60)
class EmbedderTest {
    private static final int VOCABULARY = 1_000;

    private ScriptedVectorRunner runner = ScriptedVectorRunner.counting(VOCABULARY);
    private Embedder embedder = Embedder.start(runner, EmbedderOptions.defaults());

    @AfterEach
    void close() {
        runner.open();
        embedder.close();
    }

    private void restart(EmbedderOptions options) {
        embedder.close();
        runner = ScriptedVectorRunner.counting(VOCABULARY);
        embedder = Embedder.start(runner, options);
    }

    private static int[] sequence(int first, int length) {
        int[] tokens = new int[length];
        tokens[0] = first;
        return tokens;
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(1);
        }
    }

    private static EngineException failure(Future<?> answer) throws InterruptedException {
        try {
            answer.get();
            throw new AssertionError("it did not fail");
        } catch (ExecutionException e) {
            return (EngineException) e.getCause();
        }
    }

    /** The embedder computes this alone, and waits at the gate. */
    private CompletableFuture<List<float[]>> busy() throws InterruptedException {
        runner.hold();
        int before = runner.batches().size();
        CompletableFuture<List<float[]>> first = embedder.submit(List.of(sequence(999, 1)));
        await(() -> runner.holds() && runner.batches().size() == before + 1);
        return first;
    }

    @Test
    void shouldGiveEachSequenceItsVector() throws Exception {
        List<float[]> vectors = embedder.embed(List.of(sequence(7, 3), sequence(8, 1), sequence(9, 100)));
        assertThat(vectors).containsExactly(new float[] {3, 7, 1}, new float[] {1, 8, 1}, new float[] {100, 9, 1});
    }

    @Test
    void shouldBatchWhatManyCallersWaitFor() throws Exception {
        CompletableFuture<List<float[]>> first = busy();
        List<CompletableFuture<List<float[]>>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            answers.add(embedder.submit(List.of(sequence(i, 2))));
        }
        assertThat(embedder.waitingCalls()).isEqualTo(40);
        assertThat(embedder.waitingTokens()).isEqualTo(80);
        runner.open();
        assertThat(first.get()).containsExactly(new float[] {1, 999, 1});
        for (int i = 0; i < 40; i++) {
            assertThat(answers.get(i).get()).containsExactly(new float[] {2, i, 1});
        }
        assertThat(runner.batches())
                .hasSize(2)
                .last()
                .satisfies(batch -> assertThat(batch).hasSize(40));
        assertThat(embedder.waitingTokens()).isZero();
    }

    @Test
    void shouldServeManyVirtualThreads() throws Exception {
        long seed = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("martlet.test.seed=" + seed);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                Random random = new Random(seed + i);
                all.add(callers.submit(() -> {
                    List<int[]> sequences = new ArrayList<>();
                    List<float[]> expected = new ArrayList<>();
                    for (int s = 0; s < 1 + random.nextInt(100); s++) {
                        sequences.add(sequence(random.nextInt(VOCABULARY), 1 + random.nextInt(100)));
                        expected.add(new float[] {
                            sequences.getLast().length, sequences.getLast()[0], 1
                        });
                    }
                    CompletableFuture<List<float[]>> answer = embedder.submit(sequences);
                    if (random.nextInt(5) == 0) {
                        answer.cancel(true);
                    } else {
                        assertThat(answer.get()).containsExactly(expected.toArray(float[][]::new));
                    }
                    return null;
                }));
            }
            for (Future<Void> one : all) {
                one.get();
            }
        }
        assertThat(embedder.waitingCalls()).isZero();
        assertThat(embedder.waitingTokens()).isZero();
        assertThat(runner.batches()).allSatisfy(batch -> {
            int tokens = batch.stream().mapToInt(one -> one.length).sum();
            assertThat(tokens).isLessThanOrEqualTo(EmbedQueue.BATCH_TOKENS);
            assertThat(batch).hasSizeBetween(1, EmbedQueue.BATCH_SEQUENCES);
        });
    }

    @Test
    void shouldLetShortCallsPassLongOnes() throws Exception {
        busy();
        CompletableFuture<List<float[]>> longOne = embedder.submit(Collections.nCopies(100, sequence(1, 100)));
        CompletableFuture<List<float[]>> shortOne = embedder.submit(List.of(sequence(2, 3)));
        runner.pass(2);
        assertThat(shortOne.get()).containsExactly(new float[] {3, 2, 1});
        assertThat(longOne).isNotDone();
    }

    @Test
    void shouldTakeBackWhatIsCancelled() throws Exception {
        busy();
        CompletableFuture<List<float[]>> gone = embedder.submit(Collections.nCopies(50, sequence(1, 10)));
        CompletableFuture<List<float[]>> stays = embedder.submit(List.of(sequence(2, 3)));
        gone.cancel(true);
        assertThat(embedder.waitingCalls()).isEqualTo(1);
        assertThat(embedder.waitingTokens()).isEqualTo(3);
        runner.open();
        assertThat(stays.get()).containsExactly(new float[] {3, 2, 1});
        assertThat(runner.batches().stream().mapToInt(List::size).sum()).isEqualTo(2);
    }

    @Test
    void shouldDropTheRestOfACallThatIsCancelledMidway() throws Exception {
        runner.hold();
        CompletableFuture<List<float[]>> gone = embedder.submit(Collections.nCopies(50, sequence(1, 100)));
        await(runner::holds);
        gone.cancel(true);
        assertThat(embedder.waitingTokens()).isZero();
        runner.open();
        embedder.embed(List.of(sequence(2, 1)));
        assertThat(runner.batches()).hasSize(2);
    }

    @Test
    void shouldCancelWhenItsCallerIsInterrupted() throws Exception {
        busy();
        CountDownLatch interrupted = new CountDownLatch(1);
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                embedder.embed(List.of(sequence(3, 3)));
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
        });
        await(() -> embedder.waitingCalls() == 1);
        caller.interrupt();
        interrupted.await();
        assertThat(embedder.waitingCalls()).isZero();
    }

    @Test
    void shouldRefuseWhatIsTooMuch() throws Exception {
        restart(EmbedderOptions.defaults().withQueueLimit(2).withQueueTokens(100));
        busy();
        CompletableFuture<List<float[]>> large = embedder.submit(Collections.nCopies(3, sequence(1, 60)));
        assertThatThrownBy(() -> embedder.submit(List.of(sequence(1, 1))))
                .isInstanceOfSatisfying(EngineException.class, e -> {
                    assertThat(e.kind()).isEqualTo(EngineException.Kind.QUEUE_TOKENS_FULL);
                    assertThat(e.retryAfter()).isPresent();
                });
        large.cancel(true);
        embedder.submit(List.of(sequence(1, 1)));
        embedder.submit(List.of(sequence(1, 1)));
        assertThatThrownBy(() -> embedder.submit(List.of(sequence(1, 1))))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.QUEUE_FULL));
        runner.open();
        await(() -> embedder.waitingCalls() == 0);
        embedder.embed(List.of(sequence(1, 1)));
    }

    @Test
    void shouldForetellTheWait() throws Exception {
        restart(EmbedderOptions.defaults().withQueueLimit(1));
        embedder.embed(List.of(sequence(1, 1)));
        busy();
        embedder.submit(List.of(sequence(1, 100)));
        assertThatThrownBy(() -> embedder.submit(List.of(sequence(1, 1))))
                .isInstanceOfSatisfying(
                        EngineException.class,
                        e -> assertThat(e.retryAfter().orElseThrow()).isGreaterThan(Duration.ZERO));
    }

    @Test
    void shouldNameWhatCannotBeEmbedded() {
        assertThatThrownBy(() -> embedder.submit(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> embedder.submit(List.of(new int[0]))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> embedder.submit(List.of(sequence(VOCABULARY, 1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1000");
        assertThatThrownBy(() -> embedder.submit(List.of(sequence(-1, 1))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> embedder.submit(List.of(sequence(1, 101))))
                .isInstanceOfSatisfying(EngineException.class, e -> {
                    assertThat(e.kind()).isEqualTo(EngineException.Kind.PROMPT_TOO_LONG);
                    assertThat(e).hasMessageContaining("101").hasMessageContaining("100");
                });
        assertThat(runner.batches()).isEmpty();
    }

    @Test
    void shouldGoOnAfterAFailure() throws Exception {
        runner.fail(new NativeException("embed", Status.POISONED, "broken"));
        EngineException failure = failure(embedder.submit(List.of(sequence(1, 1))));
        assertThat(failure.kind()).isEqualTo(EngineException.Kind.NATIVE);
        assertThat(failure).hasMessageContaining("broken");
        assertThat(embedder.embed(List.of(sequence(1, 1)))).hasSize(1);
    }

    @Test
    void shouldFailTheCallWithoutANumberAlone() throws Exception {
        ScriptedVectorRunner bad = new ScriptedVectorRunner(runner.limits(), tokens ->
                new float[] {tokens[0] == 13 ? Float.NaN : 1, 0, 0});
        try (Embedder unlucky = Embedder.start(bad, EmbedderOptions.defaults())) {
            bad.hold();
            unlucky.submit(List.of(sequence(1, 1)));
            await(bad::holds);
            CompletableFuture<List<float[]>> none = unlucky.submit(List.of(sequence(1, 1), sequence(13, 1)));
            CompletableFuture<List<float[]>> other = unlucky.submit(List.of(sequence(2, 1)));
            bad.open();
            assertThat(other.get()).hasSize(1);
            assertThat(failure(none)).hasMessageContaining("no number");
        }
    }

    @Test
    void shouldEndAllCallsWhenItCloses() throws Exception {
        CompletableFuture<List<float[]>> running = busy();
        CompletableFuture<List<float[]>> waiting = embedder.submit(List.of(sequence(1, 1)));
        embedder.close();
        embedder.close();
        for (CompletableFuture<?> answer : List.of(running, waiting)) {
            assertThat(failure(answer).kind()).isEqualTo(EngineException.Kind.SHUTDOWN);
        }
        assertThat(runner.isClosed()).isTrue();
        assertThatThrownBy(() -> embedder.submit(List.of(sequence(1, 1))))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.SHUTDOWN));
    }

    @Test
    void shouldEndAllCallsWhenItsThreadFails() throws Exception {
        CompletableFuture<List<float[]>> running = busy();
        CompletableFuture<List<float[]>> waiting = embedder.submit(List.of(sequence(1, 1)));
        runner.fail(new IllegalStateException("a bug"));
        runner.open();
        for (CompletableFuture<?> answer : List.of(running, waiting)) {
            EngineException failure = failure(answer);
            assertThat(failure.kind()).isEqualTo(EngineException.Kind.NATIVE);
            assertThat(failure).hasMessageContaining("a bug");
        }
        assertThatThrownBy(() -> embedder.submit(List.of(sequence(1, 1)))).isInstanceOf(EngineException.class);
    }

    @Test
    void shouldKeepItsDefaultsAndBounds() {
        EmbedderOptions defaults = EmbedderOptions.defaults();
        assertThat(defaults).isEqualTo(new EmbedderOptions(Pooling.MODEL, true, 2_048, 0, 0, 256, 1_048_576));
        assertThat(defaults.withPooling(Pooling.LAST)
                        .withNormalize(false)
                        .withMaxTokens(1)
                        .withBatchTokens(2)
                        .withThreads(3)
                        .withQueueLimit(4)
                        .withQueueTokens(5))
                .isEqualTo(new EmbedderOptions(Pooling.LAST, false, 1, 2, 3, 4, 5));
        assertThatThrownBy(() -> defaults.withMaxTokens(0)).hasMessageContaining("maxTokens");
        assertThatThrownBy(() -> defaults.withBatchTokens(-1)).hasMessageContaining("batchTokens");
        assertThatThrownBy(() -> defaults.withThreads(-1)).hasMessageContaining("threads");
        assertThatThrownBy(() -> defaults.withQueueLimit(0)).hasMessageContaining("queueLimit");
        assertThatThrownBy(() -> defaults.withQueueTokens(0)).hasMessageContaining("queueTokens");
    }
}
