package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.engine.ScriptedStepRunner.Fault;
import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.TokenIndex;
import dev.martlet.model.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** Requests that follow a grammar, beside others that do not. */
class ConstraintTest {

    private static final TokenIndex INDEX = new TokenIndex(ByteTokens.vocabulary());

    private static CompiledGrammar regex(String regex) {
        return Grammar.ofRegex(regex).compile(INDEX);
    }

    private static GenerationRequest request(String prompt, int maxTokens, String regex) {
        return GenerationRequest.of(ByteTokens.tokens(prompt), maxTokens).withConstraint(regex(regex));
    }

    @Test
    void shouldKeepTheModelToTheGrammar() {
        Rig rig = Rig.answering(64, prompt -> "no numbers here");
        GenerationStream stream = rig.submit(request("hello", 20, "[0-9]{3}-[a-c]+"));
        rig.runAll();
        assertThat(Rig.read(stream).text()).matches("[0-9]{3}-[a-c]+");
    }

    @Test
    void shouldEndWhereNothingMayFollowWithoutAStepForTheEnd() {
        Rig rig = Rig.answering(64, prompt -> "abcabc");
        GenerationStream stream = rig.submit(request("hello", 20, "[a-z]{4}"));
        rig.runAll();
        assertThat(Rig.read(stream)).isEqualTo(new Rig.Outcome("abca", FinishReason.STOP, new Usage(5, 0, 4)));
        assertThat(rig.runner.steps()).isEqualTo(4);
    }

    @Test
    void shouldFeedForcedTextInOneStep() {
        Rig rig = Rig.answering(64, prompt -> "x");
        GenerationStream stream = rig.submit(request("hello", 40, "[xy]=forced;[xy]=too!"));
        rig.runAll();
        assertThat(Rig.read(stream).text()).matches("x=forced;[xy]=too!");
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.STOP);
        assertThat(Rig.read(stream).usage()).isEqualTo(new Usage(5, 0, 15));
        // The prompt, which ends in the x; the forced text, which ends before the next choice.
        assertThat(rig.runner.steps()).isEqualTo(2);
    }

    @Test
    void shouldSampleEachTokenWhereLogprobsAreWanted() {
        Rig rig = Rig.answering(64, prompt -> "x");
        GenerationRequest plain = request("hello", 40, "[xy]=forced");
        GenerationStream stream = rig.submit(new GenerationRequest(
                plain.prompt(),
                plain.sampling(),
                40,
                0,
                plain.stopTokens(),
                false,
                plain.deadline(),
                plain.constraint()));
        List<Float> logprobs = new ArrayList<>();
        while (rig.scheduler.doWork() > 0) {
            // until all is done
        }
        while (stream.poll().orElseThrow() instanceof TokenEvent.Token token) {
            logprobs.add(token.logprob());
        }
        assertThat(logprobs).hasSize(8).containsOnly(-0.5f);
    }

    @Test
    void shouldEndWithLengthWithinForcedText() {
        Rig rig = Rig.answering(64, prompt -> "x");
        GenerationStream stream = rig.submit(request("hello", 5, "[xy]=forced"));
        rig.runAll();
        assertThat(Rig.read(stream)).isEqualTo(new Rig.Outcome("x=for", FinishReason.LENGTH, new Usage(5, 0, 5)));
    }

    @Test
    void shouldEndAtAnEndTokenEvenWhereTheseAreIgnored() {
        Rig rig = Rig.answering(64, prompt -> "aab");
        GenerationRequest plain = request("hello", 20, "[ab]*");
        GenerationStream stream = rig.submit(new GenerationRequest(
                plain.prompt(),
                plain.sampling(),
                20,
                -1,
                plain.stopTokens(),
                true,
                plain.deadline(),
                plain.constraint()));
        rig.runAll();
        assertThat(Rig.read(stream).text()).isEqualTo("aab");
        assertThat(Rig.read(stream).reason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void shouldNotMakeOthersWaitForALateMask() {
        Rig rig = Rig.answering(64, prompt -> "abcdef");
        Queue<Runnable> held = new ArrayDeque<>();
        rig.maskWorkers = held::add;
        GenerationStream slow = rig.submit(request("slow", 20, "[a-f]{6}"));
        GenerationStream other = rig.submit("other", 20);
        for (int turn = 0; turn < 20; turn++) {
            rig.scheduler.doWork();
        }
        assertThat(Rig.read(other).text()).isEqualTo("abcdef");
        assertThat(slow.poll()).isEmpty();
        assertThat(rig.scheduler.doWork()).as("nothing to do but wait").isZero();

        rig.maskWorkers = Runnable::run;
        held.remove().run();
        rig.runAll();
        assertThat(Rig.read(slow).text()).isEqualTo("abcdef");
    }

    @Test
    void shouldSurviveAPreemptionAndAFailedContext() {
        for (Fault fault : List.of(Fault.FAILED, Fault.FAILED_HALFWAY, Fault.ABORTED)) {
            Rig rig = Rig.answering(40, prompt -> "abcdefgh");
            List<GenerationStream> streams = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                streams.add(rig.submit(request("pre" + i, 20, "[a-h]{4}, forced text, [a-h]{2}")));
            }
            rig.scheduler.doWork();
            rig.scheduler.doWork();
            rig.runner.inject(fault);
            rig.runAll();
            for (GenerationStream stream : streams) {
                assertThat(Rig.read(stream).text())
                        .as(fault.name())
                        .startsWith("abcd, forced text, ")
                        .hasSize(20);
            }
            assertThat(rig.counters.snapshot().preemptions()).isPositive();
        }
    }

    @Test
    void shouldEndOnlyTheRequestWhoseMatcherFails() {
        Rig rig = Rig.answering(64, prompt -> "abc");
        TokenIndex withoutB = new TokenIndex(without('b'));
        GenerationStream broken = rig.submit(GenerationRequest.of(ByteTokens.tokens("broken"), 9)
                .withConstraint(Grammar.ofRegex("[ax]b[cx]").compile(withoutB)));
        GenerationStream other = rig.submit("other", 20);
        rig.runAll();
        assertThat(Rig.read(other).text()).isEqualTo("abc");
        assertThat(Rig.read(broken).text()).isEqualTo("a");
        assertThat(Rig.read(broken).reason()).isEqualTo(FinishReason.ERROR);
    }

    /** The vocabulary in which a byte is spelled by no token. */
    private static Vocabulary without(char missing) {
        Vocabulary all = ByteTokens.vocabulary();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int[] offsets = new int[all.size() + 1];
        int[] flags = new int[all.size()];
        for (int token = 0; token < all.size(); token++) {
            if (token != missing) {
                bytes.writeBytes(all.bytes(token));
            }
            offsets[token + 1] = bytes.size();
            flags[token] = (all.isControl(token) ? 1 : 0) + (all.isEndOfGeneration(token) ? 2 : 0);
        }
        return new Vocabulary(offsets, bytes.toByteArray(), flags);
    }

    @Test
    void shouldEndOnlyTheRequestForWhichNoTokenCanBeChosen() {
        Rig rig = new Rig(ScriptedStepRunner.limits(64), Rig.small(), (prompt, tokens, length, output) -> {
            boolean none = ByteTokens.text(prompt, prompt.length).startsWith("none") && output == 2;
            return none ? -1 : output == 3 ? ByteTokens.END : 'a' + output;
        });
        GenerationStream none = rig.submit(request("none", 20, "[a-z]*"));
        GenerationStream other = rig.submit("other", 20);
        rig.runAll();
        assertThat(Rig.read(none).text()).isEqualTo("ab");
        assertThat(Rig.read(none).reason()).isEqualTo(FinishReason.ERROR);
        assertThat(Rig.read(other)).isEqualTo(new Rig.Outcome("abc", FinishReason.STOP, new Usage(5, 0, 3)));
    }

    @Test
    void shouldRefuseAGrammarOfAnotherVocabulary() {
        try (Engine engine = Engine.start(
                new ScriptedStepRunner(ScriptedStepRunner.generousLimits(), ScriptedStepRunner.babble()),
                ByteTokens.vocabulary(),
                new ByteTokens(),
                EngineOptions.defaults())) {
            TokenIndex other = new TokenIndex(new Vocabulary(new int[] {0, 1}, new byte[] {'a'}, new int[] {0}));
            GenerationRequest request = GenerationRequest.of(new int[] {1}, 3)
                    .withConstraint(Grammar.literal("a").compile(other));
            assertThatThrownBy(() -> engine.submit(request))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("vocabulary of 1");
        }
    }

    @Test
    void shouldFollowGrammarsOnTheEnginesOwnThreads() throws InterruptedException {
        try (Engine engine = Engine.start(
                new ScriptedStepRunner(ScriptedStepRunner.generousLimits(), ScriptedStepRunner.babble()),
                ByteTokens.vocabulary(),
                new ByteTokens(),
                EngineOptions.defaults())) {
            CompiledGrammar grammar = regex("[a-z]{20}: forced text [0-9]{5}");
            List<TextGeneration> all = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                GenerationRequest request = GenerationRequest.of(new int[] {i}, 100)
                        .withSampling(new Sampling(0, 0, 1, 0, 1.1f, 0, 0, i, Map.of(), 0))
                        .withConstraint(grammar);
                all.add(new TextGeneration(engine.submit(request), ByteTokens.vocabulary()));
            }
            for (TextGeneration each : all) {
                assertThat(each.readAll()).matches("[a-z]{20}: forced text [0-9]{5}");
            }
        }
    }
}
