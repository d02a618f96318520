package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.CacheOutcome.Kind;
import dev.martlet.engine.EngineSnapshot.State;
import dev.martlet.engine.ScriptedStepRunner.Fault;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the engine tells of its work, over a scheduler turned by hand. */
@Timeout(60)
class EngineObserverTest {

    private static final long MILLI = 1_000_000;

    static EngineSnapshot picture(Rig rig) {
        return answeredBy(rig, rig.scheduler::doWork);
    }

    private static CacheOutcome outcomeOfLast(Rig rig) {
        return picture(rig).ended().getFirst().cache().orElseThrow();
    }

    @Test
    void shouldMeasureWaitsStepsAndTokens() {
        Rig rig = Rig.answering(200, prompt -> "abcd");
        rig.runner.beforeStep(() -> rig.clock.addAndGet(3 * MILLI));
        rig.submit("hello", 4);
        rig.clock.addAndGet(10 * MILLI);
        rig.runAll();
        EngineDistributions seen = rig.scheduler.observer().distributions();
        assertThat(seen.queueWait().count()).isEqualTo(1);
        assertThat(seen.queueWait().sum()).isEqualTo(0.010);
        assertThat(seen.timeToFirstToken().sum()).isEqualTo(0.013);
        assertThat(seen.interToken().count()).isEqualTo(3);
        assertThat(seen.interToken().sum()).isEqualTo(0.009);
        assertThat(seen.requestTime().sum()).isEqualTo(0.022);
        assertThat(seen.stepTime().count()).isEqualTo(4);
        assertThat(seen.stepTime().sum()).isEqualTo(0.012);
        assertThat(seen.stepTokens().sum()).as("the prompt and three tokens").isEqualTo(5 + 3);
        assertThat(seen.stepSequences().sum()).isEqualTo(4);
        assertThat(rig.counters.snapshot().promptTokens()).isEqualTo(5);
    }

    @Test
    void shouldCountAPromptOnceThoughItWasPreempted() {
        Rig rig = Rig.answering(48, prompt -> "x".repeat(20));
        rig.submit("first prompt", 20);
        rig.submit("other prompt", 20);
        rig.runAll();
        EngineMetrics metrics = rig.counters.snapshot();
        assertThat(metrics.preemptions()).isPositive();
        assertThat(metrics.promptTokens()).isEqualTo(24);
        assertThat(rig.scheduler.observer().distributions().queueWait().count()).isEqualTo(2);
        assertThat(picture(rig).ended().stream()
                        .mapToInt(EngineSnapshot.Request::preemptions)
                        .sum())
                .isEqualTo((int) metrics.preemptions());
    }

    @Test
    void shouldSayWhyTheCacheMissed() {
        Rig rig = Rig.answering(400, prompt -> "ok");
        rig.submit("You are a bird. Sing.", 5);
        rig.runAll();
        assertThat(outcomeOfLast(rig)).isEqualTo(new CacheOutcome(Kind.NOTHING, 0));
        rig.submit("You are a bird. Fly.", 5);
        rig.runAll();
        assertThat(outcomeOfLast(rig)).isEqualTo(new CacheOutcome(Kind.DIVERGED, 16));
        assertThat(outcomeOfLast(rig).reason()).isEqualTo("diverged at token 16");
        rig.submit("You are a bird. Fly.ok And now rest.", 5);
        rig.runAll();
        assertThat(outcomeOfLast(rig)).isEqualTo(new CacheOutcome(Kind.ENDED, 22));
        rig.submit("You are a bird. Fly.ok And now rest.", 5);
        rig.runAll();
        assertThat(outcomeOfLast(rig)).isEqualTo(new CacheOutcome(Kind.WHOLE, 35));
        rig.submit("x", 5);
        rig.runAll();
        assertThat(outcomeOfLast(rig).kind()).isEqualTo(Kind.NOTHING);
    }

    @Test
    void shouldSayThatAnotherRequestIsStillComputingIt() {
        Rig rig = Rig.answering(400, prompt -> "ok");
        rig.submit("too short 1", 5);
        rig.submit("too short 2", 5);
        rig.runAll();
        assertThat(picture(rig).ended())
                .extracting(request -> request.cache().orElseThrow())
                .containsExactlyInAnyOrder(new CacheOutcome(Kind.NOTHING, 0), new CacheOutcome(Kind.AWAY, 0));
    }

    @Test
    void shouldSayThatTheCacheIsOff() {
        Rig rig = new Rig(
                ScriptedStepRunner.limits(200),
                Rig.small().withPrefixCache(false),
                ScriptedStepRunner.answering(p -> "ok"));
        rig.submit("hello", 5);
        rig.runAll();
        rig.submit("hello", 5);
        rig.runAll();
        assertThat(outcomeOfLast(rig)).isEqualTo(new CacheOutcome(Kind.OFF, 0));
    }

    @Test
    void shouldDrawWhatRunsWaitsAndStays() {
        Rig rig = Rig.answering(400, prompt -> "abcdefgh");
        rig.submit("gone", 2);
        rig.runAll();
        rig.submit("b".repeat(40), 8);
        for (String prompt : new String[] {"c1", "d2", "e3", "f4"}) {
            rig.submit(prompt, 8);
        }
        EngineSnapshot picture = answeredBy(rig, rig.scheduler::doWork);
        assertThat(picture.running()).extracting(EngineSnapshot.Request::id).containsExactly(1L, 2L, 3L, 4L);
        assertThat(picture.running().getFirst().state()).isEqualTo(State.PREFILL);
        assertThat(picture.running().get(1).state()).isEqualTo(State.DECODE);
        assertThat(picture.running().get(1).outputTokens()).isEqualTo(1);
        assertThat(picture.running().get(1).timeToFirstToken()).isPresent();
        assertThat(picture.running().getFirst().timeToFirstToken()).isEmpty();
        assertThat(picture.waiting()).hasSize(1);
        assertThat(picture.waiting().getFirst().state()).isEqualTo(State.WAITING);
        assertThat(picture.waiting().getFirst().cache()).isEmpty();
        assertThat(picture.ended()).hasSize(1);
        assertThat(picture.ended().getFirst().finishReason()).contains(FinishReason.LENGTH);
        assertThat(picture.prefixes()).extracting(EngineSnapshot.Prefix::tokens).containsExactly(5);
        assertThat(picture.metrics().running()).isEqualTo(4);
        rig.runAll();
    }

    @Test
    void shouldRememberTheLatestOfManyEnded() {
        Rig rig = Rig.answering(400, prompt -> "ok");
        for (int i = 0; i < EngineObserver.REMEMBERED + 5; i++) {
            rig.submit("p" + i, 1);
        }
        rig.runAll();
        EngineSnapshot picture = picture(rig);
        assertThat(picture.ended()).hasSize(EngineObserver.REMEMBERED);
        assertThat(picture.ended())
                .extracting(EngineSnapshot.Request::id)
                .doesNotContain(0L, 4L)
                .contains(36L);
    }

    @Test
    void shouldAnswerWhenNoContextCanBeMade() {
        Rig rig = Rig.answering(200, prompt -> "ok");
        rig.runner.breakForGood();
        rig.runner.inject(Fault.FAILED);
        rig.submit("hello", 5);
        rig.scheduler.doWork();
        EngineSnapshot picture = answeredBy(rig, rig.scheduler::doWork);
        assertThat(picture.ended().getFirst().finishReason()).contains(FinishReason.ERROR);
        assertThat(picture.metrics().recoveries()).isEqualTo(1);
    }

    @Test
    void shouldNotWaitLongerThanTold() throws InterruptedException {
        Rig rig = Rig.answering(200, prompt -> "ok");
        EngineSnapshot old = rig.scheduler.observer().snapshot(Duration.ofMillis(1), () -> {});
        assertThat(old.running()).isEmpty();
        rig.scheduler.observer().close();
        assertThat(rig.scheduler.observer().snapshot(Duration.ofDays(1), () -> {}))
                .isSameAs(old);
    }

    @Test
    void shouldAnswerAnIdleEngineAndALongStepInTime() throws InterruptedException {
        ScriptedStepRunner runner = new ScriptedStepRunner(
                ScriptedStepRunner.generousLimits(), ScriptedStepRunner.answering(prompt -> "ok"));
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch hold = new CountDownLatch(1);
        runner.beforeStep(() -> {
            entered.countDown();
            uninterruptibly(hold);
        });
        Engine engine = Engine.start(runner, ByteTokens.vocabulary(), new ByteTokens(), EngineOptions.defaults());
        try {
            EngineSnapshot idle = engine.snapshot(Duration.ofSeconds(50));
            EngineSnapshot again = engine.snapshot(Duration.ofSeconds(50));
            assertThat(again).as("a new one for each question").isNotSameAs(idle);
            Generation generation = engine.submit(GenerationRequest.of(ByteTokens.tokens("x"), 1));
            entered.await();
            assertThat(engine.snapshot(Duration.ofMillis(5)))
                    .as("the engine is busy")
                    .isSameAs(again);
            hold.countDown();
            while (generation.next() instanceof TokenEvent.Token) {
                // to its end
            }
            assertThat(engine.snapshot(Duration.ofSeconds(50)).ended()).hasSize(1);
        } finally {
            engine.close();
        }
        assertThat(engine.snapshot(Duration.ofDays(1)).ended()).hasSize(1);
    }

    private static void uninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Asks, and takes one turn once the question is there. */
    private static EngineSnapshot answeredBy(Rig rig, Runnable turn) {
        CompletableFuture<Void> there = new CompletableFuture<>();
        CompletableFuture<EngineSnapshot> asked = CompletableFuture.supplyAsync(() -> {
            try {
                return rig.scheduler.observer().snapshot(Duration.ofSeconds(50), () -> there.complete(null));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        there.join();
        turn.run();
        return asked.join();
    }
}
