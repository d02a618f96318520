package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.ScriptedStepRunner.Script;
import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.TokenIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Drafts from a request's own text, driven by hand over the scripted runner. */
class DraftingTest {

    private static final String RHYME = "one for sorrow, two for joy, three for a girl, four for a boy; ";

    /** Thousand microseconds a step and one more a token: drafts are as good as free. */
    private static Rig rig(StepRunner.Limits limits, EngineOptions options, Script script) {
        Rig rig = new Rig(limits, options, script);
        rig.runner.microsPerStep(1_000);
        return rig;
    }

    private static Rig answering(int cells, String answer) {
        return rig(ScriptedStepRunner.limits(cells), Rig.small(), ScriptedStepRunner.answering(prompt -> answer));
    }

    private static EngineMetrics checked(Rig rig) {
        EngineMetrics metrics = rig.counters.snapshot();
        rig.scheduler.cache().flush();
        assertThat(rig.runner.usedCells()).as("cells after a flush").isZero();
        assertThat(rig.runner.openSamplers()).isZero();
        return metrics;
    }

    @Test
    void shouldGiveARepeatedTextInFewerSteps() {
        Rig rig = answering(400, RHYME);
        GenerationStream stream = rig.submit("Say it again: " + RHYME, 200);
        rig.runAll();
        assertThat(Rig.read(stream).text()).isEqualTo(RHYME);
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.STOP);
        EngineMetrics metrics = checked(rig);
        assertThat(metrics.draftsAccepted()).isGreaterThan(RHYME.length() / 2);
        assertThat(metrics.steps()).isLessThan(RHYME.length() / 2);
        assertThat(metrics.decodeTokens()).isEqualTo(RHYME.length());
        assertThat(metrics.prefillTokens()).isEqualTo("Say it again: ".length() + RHYME.length());
    }

    @Test
    void shouldEmitTheTokensAndLogprobsOfAnUndraftedRun() {
        Script script = ScriptedStepRunner.refrain();
        long accepted = 0;
        for (int i = 0; i < 40; i++) {
            List<List<TokenEvent.Token>> runs = new ArrayList<>();
            for (int drafts : new int[] {0, 1, 5}) {
                Rig rig = rig(ScriptedStepRunner.limits(400), Rig.small().withDrafts(drafts), script);
                GenerationStream stream = rig.submit(new GenerationRequest(
                        ByteTokens.tokens("AB" + i + "ABAB"),
                        Sampling.seeded(i),
                        60,
                        i % 4 - 1,
                        Set.of((int) 'q'),
                        false,
                        Optional.empty()));
                rig.runAll();
                List<TokenEvent.Token> tokens = new ArrayList<>();
                while (stream.poll().orElseThrow() instanceof TokenEvent.Token token) {
                    tokens.add(token);
                }
                runs.add(tokens);
                EngineMetrics metrics = checked(rig);
                assertThat(drafts > 0 || metrics.draftsAccepted() + metrics.draftsRejected() == 0)
                        .isTrue();
                accepted += metrics.draftsAccepted();
            }
            for (List<TokenEvent.Token> run : runs) {
                assertThat(run).usingRecursiveFieldByFieldElementComparator().isEqualTo(runs.get(0));
            }
        }
        assertThat(accepted).isGreaterThan(200);
    }

    private static GenerationRequest predicting(String prompt, String prediction) {
        return GenerationRequest.of(ByteTokens.tokens(prompt), 200).withPrediction(ByteTokens.tokens(prediction));
    }

    private static int predicted(GenerationStream stream) {
        int predicted = 0;
        while (stream.poll().orElseThrow() instanceof TokenEvent.Token token) {
            predicted += token.predicted();
        }
        return predicted;
    }

    @Test
    void shouldGiveAPredictedAnswerInFewSteps() {
        Rig rig = answering(400, RHYME);
        GenerationStream stream = rig.submit(predicting("hello", RHYME));
        rig.runAll();
        assertThat(predicted(stream)).isEqualTo(RHYME.length());
        EngineMetrics metrics = checked(rig);
        assertThat(metrics.decodeTokens()).isEqualTo(RHYME.length());
        assertThat(metrics.steps()).as("steps of 7 drafts and a token more").isLessThan(RHYME.length() / 5);
        assertThat(metrics.draftsRejected()).isZero();
    }

    @Test
    void shouldGiveTheSameAnswerWhateverIsPredicted() {
        List<String> predictions = List.of(
                "x", RHYME.replace('o', 'e'), RHYME.substring(20), RHYME.toUpperCase(java.util.Locale.ROOT), "one for");
        for (String prediction : predictions) {
            Rig rig = answering(400, RHYME);
            GenerationStream stream = rig.submit(predicting("hello", prediction));
            rig.runAll();
            assertThat(Rig.read(stream).text()).as(prediction).isEqualTo(RHYME);
            checked(rig);
        }
    }

    @Test
    void shouldGoBackToItsOwnTextWhereThePredictionIsWrong() {
        Rig rig = answering(400, RHYME);
        GenerationStream stream = rig.submit(predicting("Say it again: " + RHYME, "#".repeat(40)));
        rig.runAll();
        assertThat(predicted(stream)).isZero();
        assertThat(checked(rig).draftsAccepted()).isGreaterThan(RHYME.length() / 2);
    }

    @Test
    void shouldTellWhatWasPredictedWhenNothingIsDrafted() {
        Rig rig = rig(
                ScriptedStepRunner.limits(400),
                Rig.small().withDrafts(0),
                ScriptedStepRunner.answering(prompt -> RHYME));
        GenerationStream stream = rig.submit(predicting("hello", RHYME.replace("girl", "gaol")));
        rig.runAll();
        assertThat(predicted(stream)).isEqualTo(RHYME.length() - 2);
        assertThat(checked(rig).draftsAccepted()).isZero();
    }

    @Test
    void shouldEndWithLengthAtTheTokenLimitAndWhereTheContextEnds() {
        for (int most = 1; most < 40; most++) {
            Rig rig = answering(400, "ab".repeat(60));
            GenerationStream stream = rig.submit("ababab", most);
            rig.runAll();
            assertThat(Rig.read(stream))
                    .isEqualTo(new Rig.Outcome(
                            "ab".repeat(60).substring(0, most), FinishReason.LENGTH, new Usage(6, 0, most)));
            checked(rig);

            int cells = 6 + most;
            Rig full = answering(cells, "ab".repeat(60));
            GenerationStream alone = full.submit("ababab", 100);
            full.runAll();
            assertThat(Rig.read(alone).text()).hasSize(most + 1);
            assertThat(Rig.read(alone).reason()).isEqualTo(FinishReason.LENGTH);
            checked(full);
        }
    }

    @Test
    void shouldStopAtAStopTokenInsideARepeatedText() {
        Rig rig = answering(400, RHYME + RHYME);
        GenerationStream stream = rig.submit(new GenerationRequest(
                ByteTokens.tokens(RHYME), Sampling.greedy(), 200, -1, Set.of((int) ';'), false, Optional.empty()));
        rig.runAll();
        assertThat(Rig.read(stream).text() + "; ").isEqualTo(RHYME);
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.STOP);
        assertThat(checked(rig).draftsAccepted()).isPositive();
    }

    @Test
    void shouldForgetWhatWasAcceptedBehindTheEnd() {
        Rig rig = rig(
                ScriptedStepRunner.generousLimits(),
                EngineOptions.defaults(),
                ScriptedStepRunner.answering(prompt -> "x".repeat(3_000)));
        GenerationStream stream = rig.submit("xx", 3_000);
        rig.runAll();
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(Rig.read(stream).text()).as("nobody read").hasSize(GenerationStream.CAPACITY);
        assertThat(Rig.read(stream).usage().completionTokens()).isEqualTo(GenerationStream.CAPACITY + 1);
        EngineMetrics metrics = rig.counters.snapshot();
        assertThat(metrics.draftsAccepted()).isPositive();
        int kept = rig.runner.usedCells();
        assertThat(kept).isEqualTo(2 + GenerationStream.CAPACITY + 1);
        GenerationStream next = rig.submit("x".repeat(kept) + "y", 1);
        rig.runAll();
        assertThat(Rig.read(next).usage().cachedTokens()).isEqualTo(kept);
        checked(rig);
    }

    @Test
    void shouldNotTakeRoomFromAnybodyForDrafts() {
        // The answers end where all but one cell is in use, and drafts of more would go on.
        Rig rig = answering(64, "ab".repeat(12));
        List<GenerationStream> all = List.of(rig.submit("ababab", 60), rig.submit("abab!abab", 60));
        rig.runAll();
        for (GenerationStream stream : all) {
            assertThat(Rig.read(stream).text()).isEqualTo("ab".repeat(12));
            assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.STOP);
        }
        EngineMetrics metrics = checked(rig);
        assertThat(metrics.draftsAccepted()).isPositive();
        assertThat(metrics.preemptions()).isZero();
    }

    @Test
    void shouldLeaveRowsForEveryStream() {
        StepRunner.Limits limits =
                new StepRunner.Limits(4_000, 4_000, 16, 8, 4, true, ByteTokens.END + 2, Integer.MAX_VALUE, 0);
        Rig rig = rig(limits, Rig.small(), ScriptedStepRunner.answering(prompt -> "ab".repeat(20)));
        List<GenerationStream> streams = IntStream.range(0, 4)
                .mapToObj(i -> rig.submit("ab" + i + "abab", 40))
                .toList();
        rig.runAll();
        assertThat(checked(rig).draftsAccepted()).as("one row each").isZero();
        GenerationStream alone = rig.submit("ababab", 40);
        rig.runAll();
        assertThat(rig.counters.snapshot().draftsAccepted()).isPositive();
        streams.forEach(stream -> assertThat(Rig.read(stream).text()).isEqualTo("ab".repeat(20)));
        assertThat(Rig.read(alone).text()).isEqualTo("ab".repeat(20));
    }

    @Test
    void shouldHardlyDraftWhereARowCostsAsMuchAsAStep() {
        Rig rig = rig(ScriptedStepRunner.limits(4_000), Rig.small(), ScriptedStepRunner.refrain());
        rig.runner.microsPerStep(0);
        rig.runner.microsPerToken(1_000);
        GenerationStream stream = rig.submit(lasting(600));
        rig.runAll();
        assertThat(Rig.read(stream).usage().completionTokens()).isEqualTo(600);
        EngineMetrics metrics = rig.counters.snapshot();
        assertThat(metrics.draftsAccepted() + metrics.draftsRejected())
                .as("a try now and then")
                .isLessThan(100);
    }

    @Test
    void shouldHardlyDraftWhatSeldomComesTrue() {
        Script whim = (prompt, tokens, length, output) ->
                'a' + ScriptedStepRunner.babble().next(prompt, tokens, length, output) % 8;
        Rig rig = rig(ScriptedStepRunner.limits(4_000), Rig.small(), whim);
        rig.runner.microsPerToken(300);
        GenerationStream stream = rig.submit(lasting(600));
        rig.runAll();
        assertThat(Rig.read(stream).usage().completionTokens()).isEqualTo(600);
        EngineMetrics metrics = rig.counters.snapshot();
        assertThat(metrics.draftsAccepted() + metrics.draftsRejected()).isLessThan(60);
    }

    private static GenerationRequest lasting(int tokens) {
        return new GenerationRequest(
                ByteTokens.tokens("hello"), Sampling.greedy(), tokens, -1, Set.of(), true, Optional.empty());
    }

    @Test
    void shouldNoticeThatATextBeginsToRepeatItself() {
        String fresh = IntStream.range(0, 200)
                .mapToObj(i -> "ab" + (char) ('c' + i * i % 23))
                .reduce("", String::concat);
        Rig rig = answering(4_000, fresh + RHYME.repeat(6));
        GenerationStream stream = rig.submit("hello", 4_000);
        rig.runAll();
        assertThat(Rig.read(stream).text()).isEqualTo(fresh + RHYME.repeat(6));
        assertThat(rig.counters.snapshot().draftsAccepted()).isGreaterThan(4L * RHYME.length());
    }

    @Test
    void shouldNotDraftWithAConstraintNorWhereNothingCanBeTakenBack() {
        Rig rig = answering(400, "ab".repeat(20));
        GenerationRequest request = GenerationRequest.of(ByteTokens.tokens("ababab"), 30);
        GenerationStream held = rig.submit(
                request.withConstraint(Grammar.ofRegex("[ab]*").compile(new TokenIndex(ByteTokens.vocabulary()))));
        rig.runAll();
        assertThat(Rig.read(held).text()).isEqualTo("ab".repeat(15));
        assertThat(rig.counters.snapshot().draftsAccepted()).isZero();

        StepRunner.Limits whole =
                new StepRunner.Limits(400, 400, 16, 8, 8, false, ByteTokens.END + 2, Integer.MAX_VALUE, 0);
        Rig recurrent = rig(whole, Rig.small(), ScriptedStepRunner.answering(prompt -> "ab".repeat(20)));
        GenerationStream stream = recurrent.submit(request);
        recurrent.runAll();
        assertThat(Rig.read(stream).text()).isEqualTo("ab".repeat(15));
        assertThat(recurrent.counters.snapshot().draftsAccepted()).isZero();
    }

    @Test
    void shouldReplayADraftingRequestAfterTheContextBroke() {
        for (ScriptedStepRunner.Fault fault : ScriptedStepRunner.Fault.values()) {
            Rig rig = answering(400, RHYME);
            GenerationStream one = rig.submit("one: " + RHYME, 200);
            GenerationStream two = rig.submit("two: " + RHYME, 200);
            for (int i = 0; i < 14; i++) {
                rig.scheduler.doWork();
            }
            assertThat(rig.counters.snapshot().draftsAccepted()).isPositive();
            rig.runner.inject(fault);
            rig.runAll();
            assertThat(Rig.read(one).text()).as(fault.name()).isEqualTo(RHYME);
            assertThat(Rig.read(two).text()).as(fault.name()).isEqualTo(RHYME);
            checked(rig);
        }
    }
}
