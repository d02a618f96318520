package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.ScriptedStepRunner.Fault;
import dev.martlet.engine.ScriptedStepRunner.Script;
import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.GrammarMatcher;
import dev.martlet.grammar.TokenIndex;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What must always hold, over random schedules of submit, step, cancel, deadline, failure and shutdown. */
class SchedulePropertyTest {

    private static final int SCHEDULES = 2_000;
    private static final TokenIndex INDEX = new TokenIndex(ByteTokens.vocabulary());

    /** With choices, with text that is forced, and with both; the stop token q is in one. */
    private static final List<CompiledGrammar> CONSTRAINTS = Stream.of(
                    Grammar.ofRegex("[a-z]{0,30}"),
                    Grammar.ofRegex("([a-m]+(swallow|swift|martin)[n-z]?)*"),
                    Grammar.ofRegex("a long run without any choice(, and then some [a-f]|!)"),
                    Grammar.ofJsonSchema(
                            "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"pattern\":\"^[a-z]*$\"},"
                                    + "\"legs\":{\"type\":\"integer\"}},\"required\":[\"name\",\"legs\"],\"additionalProperties\":false}"))
            .map(grammar -> grammar.compile(INDEX))
            .toList();

    private static final List<Fault> FAULTS = List.of(Fault.values());

    /** One request of a schedule and what it must come to. */
    private record Case(GenerationRequest request, GenerationStream stream, String alone) {}

    @Test
    void shouldHoldTheInvariantsOverRandomSchedules() {
        long base = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("SchedulePropertyTest: martlet.test.seed=" + base);
        long spills = 0;
        long restores = 0;
        long preemptions = 0;
        long recoveries = 0;
        long accepted = 0;
        long rejected = 0;
        for (int i = 0; i < SCHEDULES; i++) {
            long seed = base + i;
            try {
                EngineMetrics metrics = runSchedule(new Random(seed));
                spills += metrics.spills();
                restores += metrics.restores();
                preemptions += metrics.preemptions();
                recoveries += metrics.recoveries();
                accepted += metrics.draftsAccepted();
                rejected += metrics.draftsRejected();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("with -Dmartlet.test.seed=" + seed, e);
            }
        }
        System.out.printf(
                "SchedulePropertyTest: %d spills, %d restores, %d preemptions, %d recoveries, %d drafts accepted, %d rejected%n",
                spills, restores, preemptions, recoveries, accepted, rejected);
        assertThat(List.of(spills, restores, preemptions, recoveries, accepted, rejected))
                .as("what the schedules are to run into")
                .allMatch(count -> count > 100);
    }

    private static EngineMetrics runSchedule(Random random) {
        int cells = 24 + random.nextInt(200);
        int batch = 4 + random.nextInt(28);
        int sequences = 1 + random.nextInt(8);
        int outputs = 1 + random.nextInt(8);
        boolean partial = random.nextInt(4) > 0;
        int mixedContext = random.nextInt(3) == 0 ? Integer.MAX_VALUE : random.nextInt(cells);
        StepRunner.Limits limits = new StepRunner.Limits(
                cells,
                cells,
                batch,
                sequences,
                outputs,
                partial,
                ByteTokens.END + 2,
                mixedContext,
                random.nextInt(3) * cells / 2);
        EngineOptions options = EngineOptions.defaults()
                .withMaxSequences(1 + random.nextInt(4))
                .withPrefixCache(random.nextInt(4) > 0)
                .withHostCacheMiB(random.nextInt(3))
                .withDrafts(random.nextInt(3) == 0 ? 0 : random.nextInt(9));
        Script script = random.nextBoolean() ? ScriptedStepRunner.babble() : ScriptedStepRunner.refrain();
        Rig rig = new Rig(limits, options, script);
        rig.runner.microsPerStep(random.nextInt(100));
        boolean faulty = random.nextInt(3) == 0;
        boolean impatient = random.nextInt(2) == 0;
        List<Case> cases = new ArrayList<>();
        List<String> prefixes = prefixes(random, cells);
        int turns = random.nextInt(120);
        for (int turn = 0; turn < turns; turn++) {
            if (random.nextInt(4) == 0 && cases.size() < 20) {
                GenerationRequest request = request(random, prefixes, cells, impatient);
                cases.add(new Case(request, rig.submit(request), alone(script, request, cells)));
            }
            if (impatient && !cases.isEmpty() && random.nextInt(12) == 0) {
                cases.get(random.nextInt(cases.size())).stream().cancel();
            }
            if (faulty && random.nextInt(10) == 0) {
                rig.runner.inject(FAULTS.get(random.nextInt(FAULTS.size())));
            }
            rig.clock.incrementAndGet();
            rig.scheduler.doWork();
            checkIds(rig, limits);
            checkCancelled(rig, cases);
        }
        boolean shutDown = impatient && random.nextInt(4) == 0;
        if (shutDown) {
            rig.scheduler.endAll(FinishReason.SHUTDOWN, Optional.empty());
        } else {
            rig.runAll();
        }
        for (Case one : cases) {
            checkOutcome(one, impatient, faulty, shutDown);
        }
        EngineMetrics metrics = rig.counters.snapshot();
        if (metrics.recoveries() < 3) {
            assertThat(cases)
                    .as("replayed")
                    .noneMatch(one -> Rig.read(one.stream()).reason() == FinishReason.ERROR);
        }
        checkNothingIsLeft(rig, limits);
        return metrics;
    }

    /** A few beginnings that prompts share. */
    private static List<String> prefixes(Random random, int cells) {
        List<String> prefixes = new ArrayList<>();
        prefixes.add("");
        for (int i = 0; i < 3; i++) {
            prefixes.add(prefixes.get(random.nextInt(prefixes.size())) + word(random, 1 + random.nextInt(cells / 3)));
        }
        return prefixes;
    }

    private static String word(Random random, int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append((char) ('A' + random.nextInt(3)));
        }
        return word.toString();
    }

    private static GenerationRequest request(Random random, List<String> prefixes, int cells, boolean impatient) {
        String text = prefixes.get(random.nextInt(prefixes.size())) + word(random, 1 + random.nextInt(cells / 3));
        String prompt = text.substring(0, Math.min(text.length(), cells));
        float penalty = random.nextBoolean() ? 1 : 1.1f;
        Sampling sampling = new Sampling(0, 0, 1, 0, penalty, 0, 0, 0, Map.of(), random.nextInt(4));
        Optional<Duration> deadline = impatient && random.nextInt(8) == 0
                ? Optional.of(Duration.ofNanos(random.nextInt(40)))
                : Optional.empty();
        GenerationRequest request = new GenerationRequest(
                ByteTokens.tokens(prompt), sampling, 1 + random.nextInt(60), -1, Set.of((int) 'q'), false, deadline);
        int constrained = random.nextInt(2 * CONSTRAINTS.size());
        GenerationRequest placed =
                request.withPriority(random.nextInt(5) - 2).withTenant("tenant " + random.nextInt(3));
        GenerationRequest foretold = random.nextInt(3) > 0 ? placed : placed.withPrediction(prediction(random));
        return constrained < CONSTRAINTS.size() ? foretold.withConstraint(CONSTRAINTS.get(constrained)) : foretold;
    }

    /** What a refrain may well say, or not. */
    private static int[] prediction(Random random) {
        return random.ints(random.nextInt(40), 'a', 'a' + 5).toArray();
    }

    /** The text of the request when it has the machine to itself, with no limit on cells but the sequence's. */
    private static String alone(Script script, GenerationRequest request, int cells) {
        int[] tokens = Arrays.copyOf(request.prompt(), request.prompt().length + request.maxTokens());
        int size = request.prompt().length;
        StringBuilder text = new StringBuilder();
        Optional<GrammarMatcher> matcher = request.constraint().map(CompiledGrammar::matcher);
        long[] mask = new long[INDEX.words()];
        while (text.length() < request.maxTokens() && size <= cells) {
            int token = script.next(request.prompt(), tokens, size, text.length());
            int least = request.sampling().minTokens();
            if (token == ByteTokens.END && text.length() < least) {
                token = '.';
            }
            if (matcher.isPresent()) {
                matcher.get().mask(mask);
                token = ScriptedStepRunner.allowed(token, ByteTokens.END + 2, t -> (mask[t >> 6] >>> t & 1) != 0);
            }
            if (token == ByteTokens.END || token == 'q' && text.length() >= least) {
                break;
            }
            tokens[size++] = token;
            text.append((char) token);
            if (matcher.isPresent()) {
                matcher.get().accept(token);
                if (matcher.get().finished()) {
                    break;
                }
            }
        }
        return text.toString();
    }

    private static void checkOutcome(Case one, boolean impatient, boolean faulty, boolean shutDown) {
        Rig.Outcome outcome = Rig.read(one.stream());
        assertThat(one.stream().poll()).as("the end is repeated").isPresent();
        assertThat(outcome.usage().completionTokens()).isEqualTo(outcome.text().length());
        switch (outcome.reason()) {
            case STOP -> assertThat(outcome.text()).isEqualTo(one.alone());
            case LENGTH -> {
                assertThat(one.alone()).startsWith(outcome.text());
                // An injected "no space" may cut a lone request short; nothing else may.
                assertThat(faulty || outcome.text().equals(one.alone())).isTrue();
            }
            case CANCELLED, DEADLINE -> {
                assertThat(impatient).isTrue();
                assertThat(one.alone()).startsWith(outcome.text());
            }
            case SHUTDOWN -> {
                assertThat(shutDown).isTrue();
                assertThat(one.alone()).startsWith(outcome.text());
            }
            case ERROR -> {
                assertThat(faulty).isTrue();
                assertThat(one.alone()).startsWith(outcome.text());
            }
        }
    }

    private static void checkIds(Rig rig, StepRunner.Limits limits) {
        int running = rig.counters.snapshot().running();
        KvCache cache = rig.scheduler.cache();
        assertThat(cache.freeCount() + cache.heldCount() + running).isEqualTo(limits.sequences());
    }

    /** Who was cancelled before a step has ended behind it, and only ended requests have left the engine. */
    private static void checkCancelled(Rig rig, List<Case> cases) {
        long alive = cases.stream()
                .filter(one -> one.stream().isCancelled() && !one.stream().hasEnded())
                .count();
        assertThat(alive).as("cancelled, and there after a step").isZero();
        EngineMetrics metrics = rig.counters.snapshot();
        long open = cases.stream().filter(one -> !one.stream().hasEnded()).count();
        assertThat(open).as("requests that have not ended").isEqualTo(metrics.running() + metrics.waiting());
    }

    private static void checkNothingIsLeft(Rig rig, StepRunner.Limits limits) {
        KvCache cache = rig.scheduler.cache();
        assertThat(rig.runner.openSamplers()).as("samplers").isZero();
        assertThat(cache.freeCount() + cache.heldCount()).as("ids").isEqualTo(limits.sequences());
        cache.flush();
        assertThat(cache.savedBytes()).as("host memory after a flush").isZero();
        assertThat(rig.runner.openTails()).as("saved tails after a flush").isZero();
        assertThat(rig.runner.usedCells()).as("cells after a flush").isZero();
        assertThat(cache.freeCount()).as("ids after a flush").isEqualTo(limits.sequences());
        EngineMetrics metrics = rig.counters.snapshot();
        assertThat(metrics.ended()).isEqualTo(metrics.submitted());
        rig.inbox.publish();
        assertThat(rig.counters.snapshot().waitingTokens()).isZero();
    }
}
