package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.JsonSchemaOptions;
import dev.martlet.grammar.TokenIndex;
import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import dev.martlet.memory.MemoryUse;
import dev.martlet.memory.ModelShape;
import dev.martlet.model.Model;
import dev.martlet.model.TestModel;
import dev.martlet.nativelib.NativeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine over the real library and the default model. */
@Timeout(300)
class NativeEngineIT {

    private static final EngineOptions SMALL = EngineOptions.defaults()
            .withContextTokens(1_024)
            .withMaxSequences(8)
            .withBatchTokens(64)
            .withCachedPrefixes(8);

    private static Model model;

    @BeforeAll
    static void open() {
        model = Model.open(TestModel.path());
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static int[] chat(String question) {
        String text = "<|im_start|>user\n" + question + "<|im_end|>\n<|im_start|>assistant\n";
        return model.tokenizer().encode(text, false, true);
    }

    private static List<TokenEvent.Token> tokens(Generation generation) throws InterruptedException {
        List<TokenEvent.Token> tokens = new ArrayList<>();
        while (true) {
            switch (generation.next()) {
                case TokenEvent.Token token -> tokens.add(token);
                case TokenEvent.Scores scores -> throw new AssertionError("scores that nobody asked for");
                case TokenEvent.End end -> {
                    assertThat(end.failure()).isEmpty();
                    assertThat(end.usage().completionTokens()).isEqualTo(tokens.size());
                    return tokens;
                }
            }
        }
    }

    private static List<Integer> ids(Generation generation) throws InterruptedException {
        return tokens(generation).stream().map(TokenEvent.Token::id).toList();
    }

    private static String text(Generation generation) throws InterruptedException {
        StringBuilder text = new StringBuilder();
        new TextGeneration(generation, model.vocabulary()).forEach(text::append);
        return text.toString();
    }

    @Test
    void shouldAnswerAQuestion() throws Exception {
        try (Engine engine = Engine.start(model, SMALL)) {
            String answer =
                    text(engine.submit(GenerationRequest.of(chat("What is the capital of France? One word."), 16)));
            assertThat(answer).contains("Paris");
        }
    }

    @Test
    void shouldContinueFromACachedPrefixWithTheSameTokens() throws Exception {
        try (Engine engine = Engine.start(model, SMALL)) {
            int[] prompt = chat("Name three colours.");
            List<Integer> first = ids(engine.submit(GenerationRequest.of(prompt, 12)));
            List<Integer> second = ids(engine.submit(GenerationRequest.of(prompt, 12)));
            assertThat(second).isEqualTo(first).hasSizeGreaterThan(3);
            assertThat(engine.metrics().cachedTokens()).isEqualTo(prompt.length - 1);
            assertThat(engine.metrics().cachedPrefixes()).isEqualTo(1);
        }
    }

    /** What was generated with log probabilities has about the same ones as a part of a prompt. */
    @Test
    void shouldScoreAPromptAsItWouldGenerateIt() throws Exception {
        try (Engine engine = Engine.start(model, SMALL)) {
            int[] prompt = chat("Name three colours, and what they stand for.");
            GenerationRequest request =
                    new GenerationRequest(prompt, Sampling.greedy(), 40, 2, Set.of(), true, Optional.empty());
            List<TokenEvent.Token> generated = tokens(engine.submit(request));
            int[] whole = Arrays.copyOf(prompt, prompt.length + generated.size());
            for (int i = 0; i < generated.size(); i++) {
                whole[prompt.length + i] = generated.get(i).id();
            }
            Generation generation = engine.submit(
                    new GenerationRequest(whole, Sampling.greedy(), 1, 2, Set.of(), true, Optional.empty())
                            .withoutOutput());
            List<TokenEvent.Token> scores = new ArrayList<>();
            while (generation.next() instanceof TokenEvent.Scores some) {
                scores.addAll(some.tokens());
            }
            assertThat(scores.stream().mapToInt(TokenEvent.Token::id).toArray()).isEqualTo(whole);
            for (int i = 0; i < generated.size(); i++) {
                TokenEvent.Token score = scores.get(prompt.length + i);
                assertThat(score.logprob()).isCloseTo(generated.get(i).logprob(), Offset.offset(0.5f));
                assertThat(score.topLogprobs()[0]).isCloseTo(generated.get(i).topLogprobs()[0], Offset.offset(0.5f));
            }
        }
    }

    @Test
    void shouldDrawTheSameTokensForTheSameSeed() throws Exception {
        try (Engine engine = Engine.start(model, SMALL.withPrefixCache(false))) {
            GenerationRequest request = GenerationRequest.of(chat("Tell me a story."), 24);
            List<Integer> one = ids(engine.submit(request.withSampling(Sampling.seeded(1))));
            assertThat(ids(engine.submit(request.withSampling(Sampling.seeded(1)))))
                    .isEqualTo(one);
            assertThat(ids(engine.submit(request.withSampling(Sampling.seeded(2)))))
                    .isNotEqualTo(one);
        }
    }

    @Test
    void shouldGiveLogprobs() throws Exception {
        try (Engine engine = Engine.start(model, SMALL)) {
            GenerationRequest request = new GenerationRequest(
                    chat("Say hello."), Sampling.greedy(), 6, 5, Set.of(), false, Optional.empty());
            for (TokenEvent.Token token : tokens(engine.submit(request))) {
                assertThat(token.topTokens()).hasSize(5).startsWith(token.id());
                assertThat(token.topLogprobs()[0]).isEqualTo(token.logprob());
                double sum = 0;
                for (int rank = 0; rank < 5; rank++) {
                    sum += Math.exp(token.topLogprobs()[rank]);
                    assertThat(token.topLogprobs()[rank])
                            .isLessThanOrEqualTo(token.topLogprobs()[Math.max(0, rank - 1)]);
                }
                assertThat(sum).isBetween(0.0, 1.0001);
            }
        }
    }

    @Test
    void shouldObeyBiasAndTokenLimits() throws Exception {
        try (Engine engine = Engine.start(model, SMALL)) {
            int[] prompt = chat("Say hello.");
            int usual = tokens(engine.submit(GenerationRequest.of(prompt, 1)))
                    .get(0)
                    .id();
            Sampling forbidding = new Sampling(0, 0, 1, 0, 1, 0, 0, 0, Map.of(usual, Float.NEGATIVE_INFINITY), 0);
            Sampling long20 = new Sampling(0, 0, 1, 0, 1, 0, 0, 0, Map.of(), 20);
            assertThat(tokens(engine.submit(GenerationRequest.of(prompt, 1).withSampling(forbidding)))
                            .get(0)
                            .id())
                    .isNotEqualTo(usual);
            assertThat(ids(engine.submit(GenerationRequest.of(prompt, 40).withSampling(long20))))
                    .hasSizeGreaterThanOrEqualTo(20);
        }
    }

    @Test
    void shouldServeABurstThatSharesAPrefix() throws Exception {
        try (Engine engine = Engine.start(model, SMALL.withContextTokens(2_048))) {
            String system = "Read this list of numbers with care. " + "One, two, three, four, five. ".repeat(12);
            List<Generation> burst = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                burst.add(engine.submit(GenerationRequest.of(chat(system + "Answer number " + i + "."), 8)));
            }
            for (Generation generation : burst) {
                assertThat(ids(generation)).isNotEmpty();
            }
            int prompt = chat(system).length;
            assertThat(engine.metrics().cachedTokens()).isGreaterThan(11L * (prompt - 20));
            assertThat(engine.metrics().steps()).isPositive();
        }
    }

    @Test
    void shouldPreemptAndFinishAllWhenTheCacheIsTooSmall() throws Exception {
        try (Engine engine = Engine.start(model, SMALL.withContextTokens(256).withPrefixCache(false))) {
            Sampling endless = new Sampling(0, 0, 1, 0, 1, 0, 0, 0, Map.of(), 60);
            List<Generation> all = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                int[] prompt = chat("Count from " + i + " upwards.");
                all.add(engine.submit(GenerationRequest.of(prompt, 60).withSampling(endless)));
            }
            for (Generation generation : all) {
                assertThat(ids(generation)).hasSize(60);
            }
            assertThat(engine.metrics().preemptions()).isPositive();
            assertThat(engine.metrics().failed()).isZero();
        }
    }

    @Test
    void shouldCancelAndDrain() throws Exception {
        Engine engine = Engine.start(model, SMALL);
        Sampling endless = new Sampling(0, 0, 1, 0, 1, 0, 0, 0, Map.of(), 900);
        Generation cancelled =
                engine.submit(GenerationRequest.of(chat("Count."), 900).withSampling(endless));
        cancelled.next();
        cancelled.cancel();
        while (!(cancelled.next() instanceof TokenEvent.End)) {
            // what came before the cancel
        }
        assertThat(engine.metrics().cancelled()).isEqualTo(1);
        Generation last = engine.submit(GenerationRequest.of(chat("Say hello."), 4));
        assertThat(engine.drain(Duration.ofSeconds(100))).isTrue();
        assertThat(ids(last)).isNotEmpty();
    }

    @Test
    void shouldCloseItsEnginesWithTheModel() throws Exception {
        Model own = Model.open(TestModel.path());
        Engine engine = Engine.start(own, SMALL);
        Sampling endless = new Sampling(0, 0, 1, 0, 1, 0, 0, 0, Map.of(), 900);
        Generation running =
                engine.submit(GenerationRequest.of(chat("Count."), 900).withSampling(endless));
        running.next();
        own.close();
        TokenEvent event = running.next();
        while (!(event instanceof TokenEvent.End)) {
            event = running.next();
        }
        assertThat(((TokenEvent.End) event).reason()).isEqualTo(FinishReason.SHUTDOWN);
        engine.close();
        assertThatThrownBy(() -> engine.submit(GenerationRequest.of(new int[] {1}, 1)))
                .isInstanceOf(EngineException.class);
        assertThatThrownBy(() -> engine.generate("x", 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Engine.start(own)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldTellWhatItRunsWith() {
        try (Engine engine = Engine.start(model, SMALL.withContextTokens(16_384).withThreads(1))) {
            EngineSetup setup = engine.setup();
            assertThat(setup.threads()).isEqualTo(1);
            assertThat(setup.contextTokens()).isEqualTo(16_384);
            assertThat(setup.sequenceTokens()).as("as trained").isEqualTo(8_192);
            assertThat(engine.limits().sequenceTokens()).isEqualTo(8_192);
            assertThat(setup.cacheTypes()).isEqualTo(CacheTypes.of(CacheType.F16));
            long bytesPerToken = ModelShape.read(model.path()).cacheBytesPerToken(setup.cacheTypes());
            assertThat(setup.cacheBytes()).as("the estimate").isEqualTo(16_384 * bytesPerToken);
            MemoryUse host = setup.memory().getFirst();
            assertThat(host.cache()).isEqualTo(setup.cacheBytes());
            assertThat(host.weights()).isGreaterThan(model.info().sizeBytes() * 9 / 10);
            assertThat(host.compute()).as("the logits").isGreaterThan(36L * 49_152 * 4);
        }
    }

    @Test
    void shouldMakeItsContextAnew() {
        NativeStepRunner runner =
                new NativeStepRunner(NativeModelPointer.of(model), model.info(), EngineSizing.fit(SMALL, model));
        try {
            StepPlan plan = new StepPlan(runner.limits());
            StepResult result = new StepResult(runner.limits());
            int[] prompt = chat("Say hello.");
            long sampler = runner.newSampler(Sampling.greedy());
            plan.addSampled(0, prompt, 0, prompt.length, sampler, 0);
            assertThat(runner.step(plan, result)).isEqualTo(StepStatus.OK);
            int token = result.token(0);
            assertThat(runner.usedCells()).isEqualTo(prompt.length);
            assertThat(runner.step(plan, result)).as("position 0 again").isEqualTo(StepStatus.FAILED);
            assertThat(runner.failure()).contains("INVALID_ARGUMENT");
            runner.recreate();
            assertThat(runner.usedCells()).isZero();
            assertThat(runner.step(plan, result)).isEqualTo(StepStatus.OK);
            assertThat(result.token(0)).isEqualTo(token);
            runner.freeSampler(sampler);
            assertThatThrownBy(() -> runner.freeSampler(sampler)).isInstanceOf(EngineException.class);
        } finally {
            runner.close();
        }
        runner.abort();
    }

    @Test
    void shouldSayWhenAContextCannotBeMade() {
        assertThatThrownBy(() -> Engine.start(model, SMALL.withContextTokens(2_000_000_000)))
                .isInstanceOf(NativeException.class);
    }

    @Test
    void shouldFollowASchemaAndFeedWhatItForces() throws Exception {
        String schema = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":20},"
                + "\"population\":{\"type\":\"integer\"},\"continent\":{\"enum\":[\"Africa\",\"Europe\"]}},"
                + "\"required\":[\"city\",\"population\",\"continent\"],\"additionalProperties\":false}";
        CompiledGrammar grammar = Grammar.ofJsonSchema(schema, new JsonSchemaOptions(true, true))
                .compile(new TokenIndex(model.vocabulary()));
        try (Engine engine = Engine.start(model, SMALL)) {
            List<Generation> running = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                running.add(engine.submit(GenerationRequest.of(chat("Tell me of a city."), 200)
                        .withSampling(Sampling.seeded(i).withTemperature(1.2f))
                        .withConstraint(grammar)));
            }
            for (Generation generation : running) {
                assertThat(text(generation))
                        .matches("\\{\"city\":\".*\",\"population\":-?\\d+,\"continent\":\"(Africa|Europe)\"\\}");
            }
            EngineMetrics metrics = engine.metrics();
            assertThat(metrics.steps()).as("forced text saves steps").isLessThan(metrics.decodeTokens());

            String plain = text(engine.submit(GenerationRequest.of(chat("Say yes."), 8)
                    .withConstraint(Grammar.ofChoice(List.of("oui", "non")).compile(grammar.index()))));
            assertThat(plain).isIn("oui", "non");
        }
    }

    @Test
    void shouldForceTheTokensThatTheTokenizerGives() throws Exception {
        String text = "{\"name\":\"a forced text\",\"of\":\"many words\"}";
        CompiledGrammar grammar = Grammar.literal(text).compile(new TokenIndex(model.vocabulary()));
        try (Engine engine = Engine.start(model, SMALL)) {
            List<Integer> forced =
                    ids(engine.submit(GenerationRequest.of(chat("Hi"), 64).withConstraint(grammar)));
            assertThat(forced)
                    .containsExactlyElementsOf(Arrays.stream(model.tokenizer().encode(text, false, false))
                            .boxed()
                            .toList());
            assertThat(engine.metrics().forcedTokens())
                    .as("no token is left to a step; the prompt may be computed while the first mask is found")
                    .isEqualTo(forced.size());
        }
    }
}
