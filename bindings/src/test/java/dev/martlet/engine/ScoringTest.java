package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Log probabilities of prompts, over the scripted runner, which tells them from all tokens before. */
class ScoringTest {

    private static final String ANSWER = "fine";

    /** What came of a scored request. */
    private record Course(List<TokenEvent.Token> scores, String text, TokenEvent.End end) {

        static Course of(GenerationStream stream) {
            List<TokenEvent.Token> scores = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            boolean last = false;
            while (true) {
                switch (stream.poll().orElseThrow()) {
                    case TokenEvent.Scores some -> {
                        assertThat(last || !text.isEmpty())
                                .as("scores after the last")
                                .isFalse();
                        scores.addAll(some.tokens());
                        last = some.last();
                    }
                    case TokenEvent.Token token -> {
                        assertThat(last || scores.isEmpty())
                                .as("output before the last score")
                                .isTrue();
                        text.append((char) token.id());
                    }
                    case TokenEvent.End end -> {
                        return new Course(scores, text.toString(), end);
                    }
                }
            }
        }

        /** As the runner tells them, each once and in order. */
        void check(int[] prompt) {
            assertThat(end.reason()).isIn(FinishReason.STOP, FinishReason.LENGTH);
            assertThat(scores.stream().mapToInt(TokenEvent.Token::id)).containsExactly(box(prompt));
            assertThat(scores.getFirst().logprob()).isNaN();
            for (int i = 1; i < prompt.length; i++) {
                assertThat(scores.get(i).logprob())
                        .as("token %d", i)
                        .isEqualTo(ScriptedStepRunner.score(prompt, i, prompt[i]));
            }
        }

        private static Integer[] box(int[] tokens) {
            return java.util.Arrays.stream(tokens).boxed().toArray(Integer[]::new);
        }
    }

    private static GenerationRequest scoring(String prompt, int maxTokens, int top) {
        GenerationRequest plain = new GenerationRequest(
                ByteTokens.tokens(prompt),
                Sampling.greedy(),
                Math.max(1, maxTokens),
                top,
                java.util.Set.of(),
                false,
                java.util.Optional.empty());
        return maxTokens == 0 ? plain.withoutOutput() : plain.withScoredPrompt();
    }

    @Test
    void shouldScoreEveryTokenOfAPromptAndGoOn() {
        for (int length = 1; length < 40; length++) {
            Rig rig = Rig.answering(200, prompt -> ANSWER);
            String prompt = "a swallow that never lands, and a martin".substring(0, length);
            GenerationStream stream = rig.submit(scoring(prompt, 10, 2));
            rig.runAll();
            Course course = Course.of(stream);
            course.check(ByteTokens.tokens(prompt));
            assertThat(course.text()).isEqualTo(ANSWER);
            assertThat(course.scores().getLast().topTokens()).hasSize(length == 1 ? 0 : 2);
        }
    }

    @Test
    void shouldScoreAPromptAlone() {
        for (int length = 1; length < 40; length++) {
            Rig rig = Rig.answering(200, prompt -> ANSWER);
            String prompt = "a swallow that never lands, and a martin".substring(0, length);
            GenerationStream stream = rig.submit(scoring(prompt, 0, 0));
            rig.runAll();
            Course course = Course.of(stream);
            course.check(ByteTokens.tokens(prompt));
            assertThat(course.text()).isEmpty();
            assertThat(course.end().reason()).isEqualTo(FinishReason.LENGTH);
            assertThat(course.end().usage()).isEqualTo(new Usage(length, 0, 0));
            assertThat(rig.runner.openSamplers()).isZero();
            rig.scheduler.cache().flush();
            assertThat(rig.runner.usedCells()).isZero();
        }
    }

    @Test
    void shouldComputeAgainWhatTheCacheHolds() {
        Rig rig = Rig.answering(400, prompt -> ANSWER);
        String prompt = "a swallow that never lands, and a martin that does";
        rig.submit(prompt, 4);
        rig.runAll();
        GenerationStream scored = rig.submit(scoring(prompt, 1, 0));
        rig.runAll();
        Course course = Course.of(scored);
        course.check(ByteTokens.tokens(prompt));
        assertThat(course.end().usage().cachedTokens()).isZero();
        GenerationStream after = rig.submit(prompt, 1);
        rig.runAll();
        assertThat(Rig.read(after).usage().cachedTokens()).isEqualTo(prompt.length() - 1);
    }

    @Test
    void shouldScoreBesideOthersWhateverGoesWrong() {
        long seed = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("ScoringTest: martlet.test.seed=" + seed);
        Random random = new Random(seed);
        long preemptions = 0;
        long recoveries = 0;
        for (int round = 0; round < 300; round++) {
            Rig rig = new Rig(
                    ScriptedStepRunner.limits(90 + random.nextInt(200)),
                    Rig.small().withDrafts(random.nextInt(4)),
                    ScriptedStepRunner.refrain());
            List<GenerationRequest> requests = new ArrayList<>();
            List<GenerationStream> streams = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String prompt = "ABABABCABABABCABABABCABABABCABABABC".substring(random.nextInt(30));
                GenerationRequest request = random.nextInt(3) > 0
                        ? scoring(prompt, random.nextInt(30), random.nextInt(3))
                        : GenerationRequest.of(ByteTokens.tokens(prompt), 1 + random.nextInt(50));
                requests.add(request);
                streams.add(rig.submit(request));
                for (int turn = random.nextInt(6); turn > 0; turn--) {
                    if (random.nextInt(12) == 0 && recoveries(rig) < 2) {
                        rig.runner.inject(ScriptedStepRunner.Fault.FAILED_HALFWAY);
                    }
                    rig.scheduler.doWork();
                }
            }
            rig.runAll();
            for (int i = 0; i < streams.size(); i++) {
                Course course = Course.of(streams.get(i));
                if (requests.get(i).scoresPrompt()) {
                    course.check(requests.get(i).prompt());
                } else {
                    assertThat(course.scores()).isEmpty();
                }
            }
            preemptions += rig.counters.snapshot().preemptions();
            recoveries += recoveries(rig);
            rig.scheduler.cache().flush();
            assertThat(rig.runner.usedCells()).isZero();
        }
        assertThat(preemptions).isPositive();
        assertThat(recoveries).isPositive();
    }

    private static long recoveries(Rig rig) {
        return rig.counters.snapshot().recoveries();
    }

    @Test
    void shouldNeedLogprobsForScores() {
        assertThatThrownBy(() -> scoring("x", 1, -1)).hasMessageContaining("topLogprobs is -1");
        assertThatThrownBy(() -> GenerationRequest.of(new int[] {1}, 0)).hasMessageContaining("maxTokens is 0");
    }
}
