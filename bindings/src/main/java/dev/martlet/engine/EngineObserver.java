package dev.martlet.engine;

import dev.martlet.engine.EngineSnapshot.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * What the scheduler tells of its work: times go into histograms and flight-recorder events, and it draws a picture of
 * everything when somebody asks. The scheduler's thread calls it; only {@link #distributions()} and {@link #snapshot}
 * come from others. A token costs no lock and no allocation.
 */
final class EngineObserver {

    /** Ended requests that are remembered. */
    static final int REMEMBERED = 32;

    private final LongSupplier nanoTime;
    private final Counters counters;
    private final Histogram queueWait = Histogram.ofMicros();
    private final Histogram timeToFirstToken = Histogram.ofMicros();
    private final Histogram interToken = Histogram.ofMicros();
    private final Histogram requestTime = Histogram.ofMicros();
    private final Histogram prefillTime = Histogram.ofMicros();
    private final Histogram decodeTime = Histogram.ofMicros();
    private final Histogram promptTokens = Histogram.ofCounts();
    private final Histogram outputTokens = Histogram.ofCounts();
    private final Histogram stepTime = Histogram.ofMicros();
    private final Histogram stepTokens = Histogram.ofCounts();
    private final Histogram stepSequences = Histogram.ofCounts();
    private final SnapshotDesk desk;

    /** A ring; the latest is before {@link #endedCount}. */
    private final RequestTrace[] ended = new RequestTrace[REMEMBERED];

    private int endedCount;
    private long stepBegan;

    /** When the step that is applied now ended: the moment of all its tokens. */
    private long stepEnded;

    private StepEvent stepEvent;

    EngineObserver(Counters counters, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.counters = counters;
        this.desk = new SnapshotDesk(new EngineSnapshot(
                Instant.now(), counters.snapshot(), List.of(), List.of(), List.of(), List.of(), List.of()));
    }

    /** A request runs, the first time or again; {@code running} has it already. */
    void admitted(Sequence sequence, KvCache cache, List<Sequence> running) {
        RequestTrace trace = sequence.trace;
        if (trace.firstRun != RequestTrace.NEVER) {
            return;
        }
        trace.firstRun = nanoTime.getAsLong();
        trace.cache = Optional.of(cache.outcome(sequence, running));
        queueWait.record(micros(trace.firstRun - trace.submitted));
        sequence.stream.ranAfter(trace.firstRun - trace.submitted);
        counters.add(Counters.Counter.PROMPT_TOKENS, trace.promptTokens);
    }

    void stepBegins() {
        stepEvent = StepEvent.begun();
        stepBegan = nanoTime.getAsLong();
    }

    /** The step that began last is over; with OK its tokens follow. */
    void stepEnds(StepStatus status, StepPlan plan, StepResult result, KvCache cache) {
        stepEnded = nanoTime.getAsLong();
        if (status == StepStatus.OK) {
            stepTime.record(micros(stepEnded - stepBegan));
            stepTokens.record(plan.size());
            stepSequences.record(plan.segments());
        }
        if (stepEvent != null) {
            stepEvent.finish(status, plan, result, status == StepStatus.FAILED ? 0 : cache.usedCells());
            stepEvent = null;
        }
    }

    /** When the last step began. */
    long stepBegan() {
        return stepBegan;
    }

    /** When it ended. */
    long stepEnded() {
        return stepEnded;
    }

    /** The step gave a request another token. */
    void token(Sequence sequence) {
        RequestTrace trace = sequence.trace;
        if (trace.firstToken == RequestTrace.NEVER) {
            trace.firstToken = stepEnded;
            timeToFirstToken.record(micros(stepEnded - trace.submitted));
            prefillTime.record(micros(stepEnded - trace.firstRun));
        } else {
            interToken.record(micros(stepEnded - trace.lastToken));
        }
        trace.lastToken = stepEnded;
    }

    void preempted(Sequence sequence) {
        sequence.trace.preemptions++;
    }

    void ended(Sequence sequence, FinishReason reason) {
        RequestTrace trace = sequence.trace;
        trace.ended = nanoTime.getAsLong();
        trace.outputTokens = sequence.outputs();
        trace.reason = Optional.of(reason);
        requestTime.record(micros(trace.ended - trace.submitted));
        if (trace.firstRun != RequestTrace.NEVER) {
            promptTokens.record(trace.promptTokens);
            outputTokens.record(trace.outputTokens);
        }
        if (trace.firstToken != RequestTrace.NEVER) {
            decodeTime.record(micros(trace.lastToken - trace.firstToken));
        }
        ended[endedCount++ % REMEMBERED] = trace;
        if (trace.event != null) {
            trace.event.finish(trace);
        }
    }

    private static long micros(long nanos) {
        return nanos / 1_000;
    }

    // ---- for readers

    EngineDistributions distributions() {
        return new EngineDistributions(
                queueWait.snapshot(),
                timeToFirstToken.snapshot(),
                interToken.snapshot(),
                requestTime.snapshot(),
                prefillTime.snapshot(),
                decodeTime.snapshot(),
                promptTokens.snapshot(),
                outputTokens.snapshot(),
                stepTime.snapshot(),
                stepTokens.snapshot(),
                stepSequences.snapshot());
    }

    /** From any thread: see {@link SnapshotDesk#ask}. */
    EngineSnapshot snapshot(Duration atMost, Runnable wakeScheduler) throws InterruptedException {
        return desk.ask(atMost, wakeScheduler);
    }

    /** Draws the picture if somebody asked for it. */
    void answer(List<Sequence> waiting, List<Sequence> running, KvCache cache) {
        if (desk.isWanted()) {
            desk.answer(() -> picture(waiting, running, cache));
        }
    }

    /** There are no more turns; readers get the last picture. */
    void close() {
        desk.close();
    }

    private EngineSnapshot picture(List<Sequence> waiting, List<Sequence> running, KvCache cache) {
        long now = nanoTime.getAsLong();
        List<EngineSnapshot.Request> runners = new ArrayList<>();
        for (Sequence sequence : running) {
            runners.add(describe(sequence, sequence.gap() > 1 ? State.PREFILL : State.DECODE, now));
        }
        List<EngineSnapshot.Request> waiters = new ArrayList<>();
        for (int i = 0; i < Math.min(waiting.size(), EngineSnapshot.MOST_LISTED); i++) {
            Sequence sequence = waiting.get(i);
            waiters.add(describe(sequence, sequence.awaited == null ? State.WAITING : State.WAITING_FOR_PREFIX, now));
        }
        List<EngineSnapshot.Request> last = new ArrayList<>();
        for (int i = endedCount - 1; i >= Math.max(0, endedCount - REMEMBERED); i--) {
            RequestTrace trace = ended[i % REMEMBERED];
            last.add(describe(trace, State.ENDED, 0, trace.outputTokens, trace.ended));
        }
        return new EngineSnapshot(
                Instant.now(),
                counters.snapshot(),
                runners,
                waiters,
                last,
                cache.prefixes(),
                tenants(waiting, running));
    }

    private static List<EngineSnapshot.Tenant> tenants(List<Sequence> waiting, List<Sequence> running) {
        Map<String, Integer> waits = count(waiting);
        Map<String, Integer> runs = count(running);
        Set<String> names = new HashSet<>(waits.keySet());
        names.addAll(runs.keySet());
        return names.stream()
                .map(name -> new EngineSnapshot.Tenant(name, runs.getOrDefault(name, 0), waits.getOrDefault(name, 0)))
                .sorted(Comparator.comparing((EngineSnapshot.Tenant tenant) -> -tenant.running() - tenant.waiting())
                        .thenComparing(EngineSnapshot.Tenant::name))
                .limit(EngineSnapshot.MOST_LISTED)
                .toList();
    }

    private static Map<String, Integer> count(List<Sequence> requests) {
        Map<String, Integer> counts = new HashMap<>();
        requests.forEach(sequence -> counts.merge(sequence.request.tenant(), 1, Integer::sum));
        return counts;
    }

    private static EngineSnapshot.Request describe(Sequence sequence, State state, long now) {
        return describe(sequence.trace, state, sequence.seen, sequence.outputs(), now);
    }

    private static EngineSnapshot.Request describe(RequestTrace trace, State state, int seen, int outputs, long until) {
        return new EngineSnapshot.Request(
                trace.id,
                state,
                trace.priority,
                trace.promptTokens,
                seen,
                outputs,
                trace.maxTokens,
                trace.preemptions,
                Duration.ofNanos(until - trace.submitted),
                since(trace, trace.firstRun),
                since(trace, trace.firstToken),
                trace.cache,
                trace.reason);
    }

    private static Optional<Duration> since(RequestTrace trace, long moment) {
        return moment == RequestTrace.NEVER
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(moment - trace.submitted));
    }
}
