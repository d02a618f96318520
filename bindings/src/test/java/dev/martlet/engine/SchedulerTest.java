package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.ScriptedStepRunner.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The scheduler's rules one by one, driven by hand. */
class SchedulerTest {

    private static final String SYSTEM = "You are a swallow that never lands, and you answer in few words. ";

    @Test
    void shouldAnswerAPromptAndEndWithStop() {
        Rig rig = Rig.answering(64, prompt -> "to " + prompt);
        GenerationStream stream = rig.submit("hello", 20);
        rig.runAll();
        assertThat(Rig.read(stream)).isEqualTo(new Rig.Outcome("to hello", FinishReason.STOP, new Usage(5, 0, 8)));
    }

    @Test
    void shouldEndWithLengthAtTheTokenLimit() {
        Rig rig = Rig.answering(64, prompt -> "abcdef");
        GenerationStream stream = rig.submit("hello", 3);
        rig.runAll();
        assertThat(Rig.read(stream)).isEqualTo(new Rig.Outcome("abc", FinishReason.LENGTH, new Usage(5, 0, 3)));
    }

    @Test
    void shouldEndWithLengthWhereTheContextEnds() {
        Rig rig = Rig.answering(16, prompt -> "x".repeat(100));
        GenerationStream stream = rig.submit("0123456789", 100);
        rig.runAll();
        // The 17th token is chosen but never fed.
        assertThat(Rig.read(stream).usage()).isEqualTo(new Usage(10, 0, 7));
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void shouldTakeAPromptThatFillsTheContext() {
        Rig rig = Rig.answering(32, prompt -> "yes");
        GenerationStream stream = rig.submit("x".repeat(32), 5);
        rig.runAll();
        assertThat(Rig.read(stream)).isEqualTo(new Rig.Outcome("y", FinishReason.LENGTH, new Usage(32, 0, 1)));
    }

    @Test
    void shouldPutDecodeRowsAndPrefillChunksIntoOneStep() {
        Rig rig = Rig.answering(200, prompt -> "abcdefgh");
        rig.submit("first", 8);
        rig.scheduler.doWork();
        rig.submit("b".repeat(40), 8);
        long before = rig.runner.fedTokens();
        rig.scheduler.doWork();
        assertThat(rig.runner.fedTokens() - before)
                .as("one decode row, fifteen of the prompt")
                .isEqualTo(16);
        EngineMetrics metrics = rig.counters.snapshot();
        assertThat(metrics.running()).isEqualTo(2);
        assertThat(metrics.decodeTokens()).isEqualTo(2);
        assertThat(metrics.prefillTokens()).isEqualTo(5 + 15);
    }

    @Test
    void shouldServeAShortPromptBeforeALongOneButNotForever() {
        Rig rig = new Rig(
                ScriptedStepRunner.limits(4_000),
                EngineOptions.defaults().withMaxSequences(2).withBatchTokens(16).withPrefixCache(false),
                ScriptedStepRunner.answering(p -> "ok"));
        GenerationStream big = rig.submit("L".repeat(320), 2);
        rig.scheduler.doWork();
        GenerationStream small = rig.submit("s".repeat(16), 2);
        rig.scheduler.doWork();
        assertThat(small.poll()).as("the short one overtakes").isPresent();
        int turns = 0;
        while (big.poll().isEmpty()) {
            if (rig.counters.snapshot().running() < 2) {
                rig.submit("s".repeat(16), 1);
            }
            rig.scheduler.doWork();
            assertThat(++turns).as("steps the long one waits").isLessThan(200);
        }
    }

    @Test
    void shouldCutPromptsWhileOthersAreStreaming() {
        Rig rig = new Rig(
                ScriptedStepRunner.generousLimits(),
                EngineOptions.defaults().withStepMillis(100),
                ScriptedStepRunner.answering(p -> "x".repeat(400)));
        rig.runner.microsPerToken(1_000);
        rig.submit("s".repeat(300), 400);
        rig.scheduler.doWork();
        assertThat(rig.runner.fedTokens()).as("nobody is streaming").isEqualTo(300);
        rig.submit("p".repeat(400), 1);
        long before = rig.runner.fedTokens();
        rig.scheduler.doWork();
        assertThat(rig.runner.fedTokens() - before).as("100 ms, in whole tiles").isEqualTo(64 + 1);
        rig.runner.microsPerToken(1_000_000);
        for (int i = 0; i < 4; i++) {
            rig.scheduler.doWork();
        }
        before = rig.runner.fedTokens();
        rig.scheduler.doWork();
        assertThat(rig.runner.fedTokens() - before).as("never stuck").isEqualTo(1 + StepBudget.LEAST);
    }

    @Test
    void shouldForkWhatAFinishedRequestLeft() {
        Rig rig = Rig.answering(400, prompt -> "fine");
        GenerationStream first = rig.submit(SYSTEM + "How are you?", 10);
        rig.runAll();
        GenerationStream second = rig.submit(SYSTEM + "Where are you?", 10);
        rig.runAll();
        assertThat(Rig.read(first).usage().cachedTokens()).isZero();
        assertThat(Rig.read(second).usage().cachedTokens()).isEqualTo(SYSTEM.length());
        assertThat(Rig.read(second).text()).isEqualTo("fine");
    }

    @Test
    void shouldComputeTheLastPromptTokenAgainWhenAllIsCached() {
        Rig rig = Rig.answering(400, prompt -> "fine");
        rig.submit(SYSTEM, 10);
        rig.runAll();
        GenerationStream again = rig.submit(SYSTEM, 10);
        rig.runAll();
        assertThat(Rig.read(again))
                .isEqualTo(
                        new Rig.Outcome("fine", FinishReason.STOP, new Usage(SYSTEM.length(), SYSTEM.length() - 1, 4)));
    }

    @Test
    void shouldComputeASharedNewPrefixOnceForABurst() {
        Rig rig = Rig.answering(2_000, prompt -> "ok");
        List<GenerationStream> burst = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            burst.add(rig.submit(SYSTEM + "Question number " + i, 4));
        }
        rig.runAll();
        for (GenerationStream stream : burst) {
            assertThat(Rig.read(stream).text()).isEqualTo("ok");
        }
        int prompt = SYSTEM.length() + "Question number 0".length();
        assertThat(rig.counters.snapshot().prefillTokens()).isEqualTo(prompt + 5);
        assertThat(rig.counters.snapshot().cachedTokens()).isEqualTo(5L * (prompt - 1));
    }

    @Test
    void shouldNotShareAnythingWithoutThePrefixCache() {
        Rig rig = new Rig(
                ScriptedStepRunner.limits(400),
                Rig.small().withPrefixCache(false),
                ScriptedStepRunner.answering(p -> "ok"));
        rig.submit(SYSTEM, 4);
        rig.runAll();
        GenerationStream again = rig.submit(SYSTEM, 4);
        rig.runAll();
        assertThat(Rig.read(again).usage().cachedTokens()).isZero();
        assertThat(rig.runner.usedCells()).isZero();
    }

    @Test
    void shouldShareWholeSequencesOnlyWhereTheModelCannotBeTrimmed() {
        StepRunner.Limits limits =
                new StepRunner.Limits(400, 400, 16, 8, 8, false, ByteTokens.END + 2, Integer.MAX_VALUE, 0);
        Rig rig = new Rig(limits, Rig.small(), ScriptedStepRunner.answering(p -> "ok"));
        GenerationStream first = rig.submit("question one", 1);
        rig.runAll();
        GenerationStream other = rig.submit("question two", 1);
        GenerationStream longer = rig.submit("question one, and more", 1);
        rig.runAll();
        assertThat(Rig.read(first).usage().cachedTokens()).isZero();
        assertThat(Rig.read(other).usage().cachedTokens()).isZero();
        assertThat(Rig.read(longer).usage().cachedTokens()).isEqualTo(12);
    }

    @Test
    void shouldEvictHeldPrefixesBeforeItPreempts() {
        Rig rig = Rig.answering(64, prompt -> "x".repeat(20));
        rig.submit("a".repeat(24), 4);
        rig.runAll();
        assertThat(rig.runner.usedCells()).isEqualTo(27);
        rig.submit("b".repeat(24), 20);
        rig.runAll();
        EngineMetrics metrics = rig.counters.snapshot();
        assertThat(metrics.spills() + metrics.evictions()).isPositive();
        assertThat(metrics.preemptions()).isZero();
    }

    @Test
    void shouldMoveAnIdlePrefixToHostMemoryAndBringItBack() {
        Rig rig = Rig.answering(400, prompt -> "x".repeat(20));
        rig.submit("a".repeat(40), 4);
        rig.runAll();
        rig.submit("b".repeat(60), 4);
        rig.runAll();
        assertThat(rig.counters.snapshot().spills())
                .as("43 tokens, 8 between two steps of 16")
                .isEqualTo(6);
        assertThat(rig.runner.usedCells()).as("cells of the second alone").isEqualTo(60 + 3);
        assertThat(rig.counters.snapshot().hostBytes()).isEqualTo(43 * ScriptedStepRunner.STATE_BYTES);
        long fed = rig.runner.fedTokens();
        GenerationStream again = rig.submit("a".repeat(40) + "c", 2);
        rig.runAll();
        assertThat(rig.counters.snapshot().restores()).isEqualTo(6);
        assertThat(Rig.read(again).usage()).isEqualTo(new Usage(41, 40, 2));
        assertThat(rig.runner.fedTokens() - fed)
                .as("one of the prompt, one of the answer")
                .isEqualTo(2);
    }

    @Test
    void shouldBringBackATailBehindAPrefixThatStayed() {
        Rig rig = Rig.answering(600, prompt -> "x");
        rig.submit("s".repeat(30) + "a".repeat(30), 1);
        rig.submit("s".repeat(30) + "b".repeat(30), 1);
        rig.runAll();
        GenerationStream other = rig.submit("s".repeat(30) + "c".repeat(90), 1);
        rig.runAll();
        assertThat(Rig.read(other).usage().cachedTokens()).isEqualTo(30);
        assertThat(rig.counters.snapshot().hostBytes())
                .as("both tails, without what they share")
                .isEqualTo(2 * 30 * ScriptedStepRunner.STATE_BYTES);
        GenerationStream again = rig.submit("s".repeat(30) + "a".repeat(30) + "d", 1);
        rig.runAll();
        assertThat(Rig.read(again).usage().cachedTokens()).isEqualTo(60);
    }

    @Test
    void shouldDropTheOldestWhenHostMemoryIsFull() {
        Rig rig = new Rig(
                new StepRunner.Limits(400, 400, 128, 8, 8, true, ByteTokens.END + 2, Integer.MAX_VALUE, 0),
                Rig.small().withHostCacheMiB(1),
                ScriptedStepRunner.answering(prompt -> "x"));
        for (char c = 'a'; c < 'g'; c++) {
            rig.submit(String.valueOf(c).repeat(60), 1);
            rig.runAll();
        }
        EngineMetrics metrics = rig.counters.snapshot();
        assertThat(metrics.spills()).isEqualTo(5);
        assertThat(metrics.hostBytes())
                .as("three of 60 tokens are too many")
                .isEqualTo(2 * 60 * ScriptedStepRunner.STATE_BYTES);
        assertThat(rig.runner.openTails()).isEqualTo(2);
    }

    @Test
    void shouldContinueAPreemptedRequestFromHostMemory() {
        Rig rig = Rig.answering(64, prompt -> prompt.charAt(0) + "x".repeat(30));
        rig.submit("a".repeat(20), 30);
        GenerationStream late = rig.submit("b".repeat(20), 30);
        rig.runAll();
        EngineMetrics metrics = rig.counters.snapshot();
        assertThat(metrics.preemptions()).isPositive();
        assertThat(metrics.prefillTokens()).as("each prompt once").isEqualTo(40);
        assertThat(Rig.read(late).text()).isEqualTo("b" + "x".repeat(29));
    }

    @Test
    void shouldGivePromptsStepsOfTheirOwnBesideLongStreams() {
        StepRunner.Limits limits = new StepRunner.Limits(4_000, 4_000, 128, 8, 8, true, ByteTokens.END + 2, 100, 0);
        Rig rig = new Rig(
                limits,
                EngineOptions.defaults().withMaxSequences(4).withStepMillis(0),
                ScriptedStepRunner.answering(prompt -> "x".repeat(200)));
        rig.submit("a".repeat(120), 200);
        rig.scheduler.doWork();
        rig.submit("b".repeat(300), 1);
        List<Long> steps = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            long before = rig.runner.fedTokens();
            rig.scheduler.doWork();
            steps.add(rig.runner.fedTokens() - before);
        }
        assertThat(steps)
                .as("prompt and stream in turn; the rest of the prompt is short enough")
                .containsExactly(128L, 1L, 128L, 1L, 45L);
    }

    @Test
    void shouldPreemptTheLatestAndContinueItWithTheSameText() {
        Rig rig = Rig.answering(64, prompt -> prompt.charAt(0) + "x".repeat(30));
        GenerationStream early = rig.submit("a".repeat(20), 30);
        GenerationStream late = rig.submit("b".repeat(20), 30);
        rig.runAll();
        assertThat(rig.counters.snapshot().preemptions()).isPositive();
        assertThat(Rig.read(early))
                .isEqualTo(new Rig.Outcome("a" + "x".repeat(29), FinishReason.LENGTH, new Usage(20, 0, 30)));
        assertThat(Rig.read(late))
                .isEqualTo(new Rig.Outcome("b" + "x".repeat(29), FinishReason.LENGTH, new Usage(20, 0, 30)));
    }

    @Test
    void shouldEndWithLengthWhenItIsAloneAndDoesNotFit() {
        Rig rig = Rig.answering(64, prompt -> "x".repeat(30));
        GenerationStream stream = rig.submit("hello", 30);
        rig.scheduler.doWork();
        rig.runner.inject(Fault.NO_SPACE);
        rig.runAll();
        assertThat(Rig.read(stream)).isEqualTo(new Rig.Outcome("x", FinishReason.LENGTH, new Usage(5, 0, 1)));
    }

    @Test
    void shouldCancelWithinOneStepWhereverItIs() {
        Rig rig = new Rig(
                ScriptedStepRunner.limits(400),
                Rig.small().withMaxSequences(2).withPrefixCache(false),
                ScriptedStepRunner.answering(p -> "x".repeat(90)));
        GenerationStream decoding = rig.submit("d", 90);
        rig.scheduler.doWork();
        GenerationStream prefilling = rig.submit("p".repeat(100), 90);
        GenerationStream queued = rig.submit("q", 90);
        rig.scheduler.doWork();
        assertThat(rig.counters.snapshot().waiting()).isEqualTo(1);
        for (GenerationStream stream : List.of(decoding, prefilling, queued)) {
            stream.cancel();
        }
        rig.scheduler.doWork();
        for (GenerationStream stream : List.of(decoding, prefilling, queued)) {
            assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.CANCELLED);
        }
        assertThat(rig.runner.usedCells()).isZero();
        assertThat(rig.runner.openSamplers()).isZero();
    }

    @Test
    void shouldEndAtTheDeadline() {
        Rig rig = Rig.answering(400, prompt -> "x".repeat(90));
        GenerationStream stream = rig.submit(new GenerationRequest(
                ByteTokens.tokens("hello"),
                Sampling.greedy(),
                90,
                -1,
                Set.of(),
                false,
                Optional.of(Duration.ofNanos(50))));
        rig.scheduler.doWork();
        rig.clock.addAndGet(49);
        assertThat(rig.scheduler.doWork()).isPositive();
        rig.clock.addAndGet(1);
        rig.runAll();
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.DEADLINE);
    }

    @Test
    void shouldCancelWhatNobodyReads() {
        Rig rig = Rig.answering(4_000, prompt -> "x".repeat(3_000));
        GenerationStream stream = rig.submit("hello", 3_000);
        rig.runAll();
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(Rig.read(stream).text()).hasSize(GenerationStream.CAPACITY);
    }

    @Test
    void shouldStopAtAStopTokenOnceTheLeastNumberIsReached() {
        Rig rig = Rig.answering(400, prompt -> "a;b;c;d");
        Sampling sampling = new Sampling(0, 0, 1, 0, 1, 0, 0, 0, Map.of(), 3);
        GenerationStream stream = rig.submit(new GenerationRequest(
                ByteTokens.tokens("hello"), sampling, 90, -1, Set.of((int) ';'), false, Optional.empty()));
        rig.runAll();
        assertThat(Rig.read(stream)).isEqualTo(new Rig.Outcome("a;b", FinishReason.STOP, new Usage(5, 0, 3)));
    }

    @Test
    void shouldGoOnPastTheEndTokenWhenAsked() {
        Rig rig = Rig.answering(400, prompt -> "ab");
        GenerationStream stream = rig.submit(new GenerationRequest(
                ByteTokens.tokens("hello"), Sampling.greedy(), 4, -1, Set.of(), true, Optional.empty()));
        rig.runAll();
        assertThat(Rig.read(stream)).isEqualTo(new Rig.Outcome("ab", FinishReason.LENGTH, new Usage(5, 0, 4)));
    }

    @Test
    void shouldGiveLogprobsAsAsked() {
        Rig rig = Rig.answering(400, prompt -> "a");
        GenerationStream without = rig.submit(top("one", -1));
        GenerationStream chosen = rig.submit(top("two", 0));
        GenerationStream three = rig.submit(top("three", 3));
        rig.runAll();
        TokenEvent.Token first = (TokenEvent.Token) without.poll().orElseThrow();
        assertThat(first.logprob()).isZero();
        assertThat(((TokenEvent.Token) chosen.poll().orElseThrow()).logprob()).isEqualTo(-0.5f);
        TokenEvent.Token last = (TokenEvent.Token) three.poll().orElseThrow();
        assertThat(last.topTokens()).containsExactly('a', 'b', 'c');
        assertThat(last.topLogprobs()).containsExactly(-0.5f, -1.5f, -2.5f);
    }

    private static GenerationRequest top(String prompt, int top) {
        return new GenerationRequest(
                ByteTokens.tokens(prompt), Sampling.greedy(), 4, top, Set.of(), false, Optional.empty());
    }

    @Test
    void shouldReplayRunningRequestsAfterTheContextBroke() {
        Sampling penalised = new Sampling(0, 0, 1, 0, 1.2f, 0, 0, 0, Map.of(), 0);
        for (Fault fault : List.of(Fault.FAILED, Fault.FAILED_HALFWAY, Fault.EXCEPTION)) {
            Rig rig = Rig.answering(400, prompt -> "the answer to " + prompt);
            GenerationStream one = rig.submit(
                    GenerationRequest.of(ByteTokens.tokens("one"), 50).withSampling(penalised));
            GenerationStream two = rig.submit("two", 50);
            for (int i = 0; i < 5; i++) {
                rig.scheduler.doWork();
            }
            rig.runner.inject(fault);
            rig.runAll();
            assertThat(Rig.read(one).text()).as(fault.name()).isEqualTo("the answer to one");
            assertThat(Rig.read(two).text()).as(fault.name()).isEqualTo("the answer to two");
            assertThat(rig.counters.snapshot().recoveries()).isEqualTo(1);
        }
    }

    @Test
    void shouldGiveUpARequestThatBreaksEveryContext() {
        Rig rig = Rig.answering(400, prompt -> "never");
        GenerationStream stream = rig.submit("hello", 50);
        for (int i = 0; i < Scheduler.MOST_FAILURES; i++) {
            rig.runner.inject(Fault.FAILED);
        }
        rig.runAll();
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.ERROR);
        GenerationStream next = rig.submit("hello", 50);
        rig.runAll();
        assertThat(Rig.read(next).text()).isEqualTo("never");
    }

    @Test
    void shouldEndEverythingWhenNoContextCanBeMade() {
        Rig rig = Rig.answering(400, prompt -> "never");
        GenerationStream stream = rig.submit("hello", 50);
        rig.runner.breakForGood();
        rig.runner.inject(Fault.FAILED);
        rig.runAll();
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.ERROR);
        GenerationStream next = rig.submit("hello", 50);
        rig.runAll();
        assertThat(Rig.read(next).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(rig.runner.openSamplers()).isZero();
    }

    @Test
    void shouldFailOnlyTheRequestWhoseSamplerIsRefused() {
        Rig rig = Rig.answering(400, prompt -> "fine");
        Sampling refused = new Sampling(0, 0, 1, 0, 1, 0, 0, 0, Map.of(1, Float.NaN), 0);
        GenerationStream bad =
                rig.submit(GenerationRequest.of(ByteTokens.tokens("bad"), 9).withSampling(refused));
        GenerationStream good = rig.submit("good", 9);
        rig.runAll();
        assertThat(Rig.read(bad).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(Rig.read(good).text()).isEqualTo("fine");
        assertThat(rig.counters.snapshot().recoveries()).isZero();
    }
}
