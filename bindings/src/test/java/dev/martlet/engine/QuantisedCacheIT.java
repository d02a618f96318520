package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import dev.martlet.memory.ModelShape;
import dev.martlet.model.Model;
import dev.martlet.model.TestModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Quantised caches of the default model, next to one of 16-bit numbers. */
@Timeout(300)
class QuantisedCacheIT {

    private static final EngineOptions OPTIONS = EngineOptions.defaults()
            .withContextTokens(1_024)
            .withMaxSequences(4)
            .withBatchTokens(256)
            .withCachedPrefixes(4);

    /** Tokens of the prompt that a fork shares. */
    private static final int SHARED = 20;

    private static Model model;
    private static int[] prompt;

    @BeforeAll
    static void open() {
        model = Model.open(TestModel.path());
        String text = "<|im_start|>user\nRepeat: " + "one two three four five six seven eight nine ten ".repeat(4)
                + "<|im_end|>\n<|im_start|>assistant\none two three";
        prompt = model.tokenizer().encode(text, false, true);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** What follows the prompt: the whole of it at once, then behind a shared prefix, then behind one that came back. */
    private static float logprob(CacheTypes types, int expected) {
        NativeStepRunner runner = new NativeStepRunner(
                NativeModelPointer.of(model), model.info(), EngineSizing.fit(OPTIONS.withCacheTypes(types), model));
        try {
            float whole = next(runner, 0, 0, expected);
            runner.fork(0, 1, SHARED);
            assertThat(next(runner, 1, SHARED, expected)).as("behind a fork").isCloseTo(whole, within(0.05f));
            try (SavedTail tail = runner.save(1, SHARED).orElseThrow()) {
                runner.trim(1, SHARED);
                assertThat(runner.load(1, tail)).isTrue();
            }
            runner.trim(1, prompt.length - 1);
            assertThat(next(runner, 1, prompt.length - 1, expected))
                    .as("behind a loaded tail")
                    .isCloseTo(whole, within(0.05f));
            return whole;
        } finally {
            runner.close();
        }
    }

    private static float next(NativeStepRunner runner, int sequence, int from, int expected) {
        StepPlan plan = new StepPlan(runner.limits());
        StepResult result = new StepResult(runner.limits());
        long sampler = runner.newSampler(Sampling.greedy());
        plan.addSampled(sequence, prompt, from, prompt.length - from, sampler, 2);
        StepStatus status = runner.step(plan, result);
        runner.freeSampler(sampler);
        assertThat(status).as(runner.failure()).isEqualTo(StepStatus.OK);
        assertThat(result.token(0)).isEqualTo(expected);
        return result.logprob(0);
    }

    @Test
    void shouldAnswerNearlyAsWithSixteenBits() {
        int four = model.tokenizer().encode(" four", false, false)[0];
        float exact = logprob(CacheTypes.of(CacheType.F16), four);
        assertThat(logprob(CacheTypes.of(CacheType.Q8_0), four)).isCloseTo(exact, within(0.1f));
        assertThat(logprob(new CacheTypes(CacheType.Q8_0, CacheType.F16), four)).isCloseTo(exact, within(0.1f));
        assertThat(logprob(new CacheTypes(CacheType.F16, CacheType.Q4_0), four)).isCloseTo(exact, within(0.5f));
    }

    @Test
    void shouldServeRequestsFromAQuantisedCache() throws Exception {
        CacheTypes types = CacheTypes.of(CacheType.Q8_0);
        try (Engine engine = Engine.start(model, OPTIONS.withCacheTypes(types))) {
            String expected = " four five six seven";
            for (int round = 0; round < 2; round++) {
                Generation generation = engine.submit(GenerationRequest.of(prompt, 4));
                StringBuilder text = new StringBuilder();
                new TextGeneration(generation, model.vocabulary()).forEach(text::append);
                assertThat(text).hasToString(expected);
            }
            assertThat(engine.metrics().cachedTokens()).isEqualTo(prompt.length - 1);
            assertThat(engine.setup().cacheTypes()).isEqualTo(types);
            assertThat(engine.setup().cacheBytes())
                    .isEqualTo(1_024 * ModelShape.read(model.path()).cacheBytesPerToken(types));
        }
    }
}
