package dev.martlet.engine;

import dev.martlet.engine.Counters.Counter;
import dev.martlet.model.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The engine's loop body. One rule instead of phases: a sequence knows how many of its tokens exist and how many the
 * model has seen, and each step hands out its token budget to close these gaps: single tokens of running streams first,
 * then prompts in chunks. A whole gap closed is a row to sample, which opens the next gap of one. Chunked prefill, a
 * re-used prefix and what comes back after a preemption are then the same arithmetic.
 *
 * <p>{@link #doWork()} is called by one thread: the engine's own, or a test by hand.
 */
final class Scheduler {

    /** A request is given up after this many failed contexts with it in the step. */
    static final int MOST_FAILURES = 3;

    private final StepRunner runner;
    private final Counters counters;
    private final EngineObserver observer;
    private final LongSupplier nanoTime;
    private final KvCache cache;
    private final StepPlanner planner;
    private final Constraints constraints;
    private final StepResult result;
    private final Delivery delivery;
    private final Admission admission;
    private final WaitingLine waiting;

    /** In order of arrival. */
    private final List<Sequence> running = new ArrayList<>();

    /** Set when no context can be made any more; everything ends with it. */
    private EngineException broken;

    Scheduler(
            StepRunner runner,
            Vocabulary vocabulary,
            EngineOptions options,
            Inbox inbox,
            Counters counters,
            Constraints constraints,
            LongSupplier nanoTime) {
        StepRunner.Limits limits = runner.limits();
        this.runner = runner;
        this.counters = counters;
        this.constraints = constraints;
        this.nanoTime = nanoTime;
        this.observer = new EngineObserver(counters, nanoTime);
        this.cache = new KvCache(runner, options, counters);
        Drafter drafter = new Drafter(limits, vocabulary, options.drafts());
        this.planner = new StepPlanner(limits, options.stepMillis(), drafter);
        this.result = new StepResult(limits);
        this.delivery = new Delivery(vocabulary, limits, result, counters, observer);
        int maxRunning = Math.min(
                options.maxSequences(), Math.min(limits.sequences(), Math.min(limits.outputs(), limits.batchTokens())));
        this.admission = new Admission(inbox, cache, counters, maxRunning);
        this.waiting = admission.waiting();
    }

    /** Tells the budget of steps what tokens cost, before the first request. */
    void calibrate() {
        planner.calibrate(runner, result);
    }

    /** Does what is ready now; 0 when there is nothing to do until somebody wakes it. */
    int doWork() {
        int work = admission.drain();
        if (broken != null) {
            return work + endAll(FinishReason.ERROR, Optional.of(broken));
        }
        try {
            work += endOverdue();
            admit();
            if (!running.isEmpty()) {
                cache.makeWay();
            }
            work += settleConstraints();
            StepPlan plan = planner.fill(running, true);
            if (plan.segments() > 0) {
                work += plan.size();
                step(plan);
                admission.stepped(observer.stepBegan(), observer.stepEnded());
            } else {
                admission.rested();
            }
        } catch (RuntimeException e) {
            recover(e.toString());
        }
        publishLevels();
        return work;
    }

    // ---- waiting -> running

    private void admit() {
        Sequence sequence = admission.first(running);
        while (sequence != null) {
            observer.admitted(sequence, cache, running);
            begin(sequence);
            sequence = admission.next(running);
        }
    }

    private void begin(Sequence sequence) {
        if (sequence.cachedTokens < 0) {
            sequence.cachedTokens = sequence.seen;
            counters.add(Counter.CACHED_TOKENS, sequence.seen);
        }
        sequence.age = 0;
        delivery.begin(sequence);
        if (sequence.isDone()) {
            running.remove(sequence);
            end(sequence, FinishReason.LENGTH, Optional.empty());
            return;
        }
        constraints.begin(sequence);
        if (sequence.sampler != 0) {
            return;
        }
        try {
            Sampling sampling = sequence.request.sampling();
            sequence.sampler = runner.newSampler(sampling);
            int prompt = sequence.request.prompt().length;
            if (sampling.repetitionPenalty() != 1) {
                runner.feed(sequence.sampler, sequence.tokens, 0, prompt, false);
            }
            if (sequence.size > prompt) {
                runner.feed(sequence.sampler, sequence.tokens, prompt, sequence.size, true);
            }
        } catch (EngineException e) {
            // A sampler is the request's own matter: what the library refuses here fails no other request.
            running.remove(sequence);
            end(sequence, FinishReason.ERROR, Optional.of(e));
        }
    }

    // ---- the step

    private void step(StepPlan plan) {
        publishRequests();
        observer.stepBegins();
        StepStatus status = runner.step(plan, result);
        if (status == StepStatus.NO_SPACE && plan.drafted() > 0) {
            // Nobody is to give way to drafts.
            planner.fill(running, false);
            status = runner.step(plan, result);
        }
        while (status == StepStatus.NO_SPACE) {
            if (!cache.evictOne()) {
                preemptOne();
                planner.fill(running, false);
                if (plan.segments() == 0) {
                    return;
                }
            }
            status = runner.step(plan, result);
        }
        observer.stepEnds(status, plan, result, cache);
        switch (status) {
            case OK -> apply(plan);
            case ABORTED, NO_SPACE -> {
                // As before the step: the next one does it again, unless the engine was closed.
            }
            case FAILED -> recover(runner.failure());
        }
    }

    /**
     * The lowest priority gives way, the latest arrival among equals, and continues later, from what host memory could take
     * of it; one that is alone has no more room to get.
     */
    private void preemptOne() {
        Sequence last = running.get(0);
        for (int i = 1; i < running.size(); i++) {
            last = last.isBefore(running.get(i)) ? running.get(i) : last;
        }
        running.remove(last);
        if (running.isEmpty()) {
            end(last, FinishReason.LENGTH, Optional.empty());
            return;
        }
        waiting.add(last);
        cache.leave(last, running);
        observer.preempted(last);
        counters.add(Counter.PREEMPTIONS, 1);
    }

    private void apply(StepPlan plan) {
        planner.observe(result.decodeMicros());
        counters.add(Counter.STEPS, 1);
        counters.add(Counter.DECODE_MICROS, result.decodeMicros());
        counters.add(Counter.SAMPLE_MICROS, result.sampleMicros());
        int row = 0;
        for (int s = 0; s < plan.segments(); s++) {
            Sequence sequence = planner.sequence(s);
            int scored = plan.scored(s);
            int rows = result.rows(s) - scored;
            int drafted = plan.drafted(s);
            int count = plan.tokenCount(s) - drafted;
            boolean firstRow = sequence.seen < sequence.request.prompt().length || count > 1;
            counters.add(Counter.PREFILL_TOKENS, firstRow ? count : 0);
            sequence.seen += count + Math.max(0, rows - 1);
            delivery.score(sequence, row, scored);
            row += scored;
            if (rows == 0 && !sequence.isDone()) {
                continue;
            }
            sequence.age = 0;
            FinishReason reason = rows == 0 ? FinishReason.LENGTH : delivery.accept(sequence, row, rows, drafted);
            row += rows;
            if (reason != null) {
                running.remove(sequence);
                end(sequence, reason, reason == FinishReason.ERROR ? Optional.of(noToken()) : Optional.empty());
            }
        }
    }

    private static EngineException noToken() {
        return new EngineException(
                EngineException.Kind.CONSTRAINT, "the logit bias forbids every token that may come next");
    }

    // ---- constraints

    /** Takes what the constraints' workers have found: tokens that must come next, or the end. */
    private int settleConstraints() {
        if (!constraints.await(running)) {
            return 0;
        }
        int settled = 0;
        for (int i = running.size() - 1; i >= 0; i--) {
            Sequence sequence = running.get(i);
            Constraint constraint = sequence.constraint;
            if (constraint == null || !constraint.isOpen() || !constraint.isReady()) {
                continue;
            }
            settled++;
            FinishReason reason = settle(sequence, constraint);
            if (reason != null) {
                running.remove(i);
                end(sequence, reason, reason == FinishReason.ERROR ? constraint.failure() : Optional.empty());
            }
        }
        return settled;
    }

    /** Appends the tokens that must come next; returns why the sequence ended, or null. */
    private FinishReason settle(Sequence sequence, Constraint constraint) {
        int[] ahead = constraint.settle();
        if (constraint.failure().isPresent()) {
            return FinishReason.ERROR;
        }
        int from = sequence.size;
        FinishReason reason = null;
        for (int i = 0; i < ahead.length && reason == null; i++) {
            reason = delivery.append(sequence, ahead[i]);
        }
        counters.add(Counter.FORCED_TOKENS, sequence.size - from);
        if (reason == null && constraint.isFinished()) {
            reason = FinishReason.STOP;
        }
        if (reason == null && ahead.length > 0) {
            runner.feed(sequence.sampler, sequence.tokens, from, sequence.size, true);
        }
        return reason;
    }

    // ---- failure and end

    /** Makes the context anew; whatever ran is queued again and computed from its own tokens. */
    private void recover(String failure) {
        counters.add(Counter.RECOVERIES, 1);
        EngineException cause = new EngineException(EngineException.Kind.NATIVE, failure);
        try {
            runner.recreate();
        } catch (RuntimeException e) {
            broken = new EngineException(EngineException.Kind.NATIVE, "no context after: " + failure, e);
            endAll(FinishReason.ERROR, Optional.of(broken));
            return;
        }
        cache.reset();
        running.forEach(waiting::add);
        running.clear();
        for (int i = waiting.size() - 1; i >= 0; i--) {
            Sequence sequence = waiting.all().get(i);
            if (sequence.slot == Sequence.NO_SLOT && sequence.began == null) {
                continue;
            }
            cache.lose(sequence);
            // How far a sampler came within the failed step is unknown; a new one is fed what was really emitted.
            freeSampler(sequence);
            if (++sequence.failures == MOST_FAILURES) {
                waiting.remove(sequence);
                end(sequence, FinishReason.ERROR, Optional.of(cause));
            }
        }
    }

    private int endOverdue() {
        int ended = 0;
        for (int i = waiting.size() - 1; i >= 0; i--) {
            Sequence sequence = waiting.all().get(i);
            FinishReason reason = overdue(sequence);
            if (reason != null) {
                waiting.remove(sequence);
                end(sequence, reason, Optional.empty());
                ended++;
            }
        }
        for (int i = running.size() - 1; i >= 0; i--) {
            FinishReason reason = overdue(running.get(i));
            if (reason != null) {
                end(running.remove(i), reason, Optional.empty());
                ended++;
            }
        }
        return ended;
    }

    /** Why a request may not go on, or null. */
    private FinishReason overdue(Sequence sequence) {
        if (sequence.stream.isCancelled()) {
            return FinishReason.CANCELLED;
        }
        boolean late = sequence.request.deadline().isPresent() && nanoTime.getAsLong() - sequence.deadlineNanos >= 0;
        return late ? FinishReason.DEADLINE : null;
    }

    /** Ends a sequence that is in no list any more. */
    private void end(Sequence sequence, FinishReason reason, Optional<EngineException> failure) {
        tell(sequence, reason, failure);
        release(sequence);
    }

    /** The reader comes first: whatever giving back the cells may run into, the request has ended once. */
    private void tell(Sequence sequence, FinishReason reason, Optional<EngineException> failure) {
        publishRequests();
        counters.add(Counter.ENDED, 1);
        counters.add(Counter.CANCELLED, reason == FinishReason.CANCELLED ? 1 : 0);
        counters.add(Counter.FAILED, reason == FinishReason.ERROR ? 1 : 0);
        counters.add(Counter.EXPIRED, reason == FinishReason.DEADLINE ? 1 : 0);
        observer.ended(sequence, reason);
        sequence.stream.end(new TokenEvent.End(reason, sequence.usage(), failure));
        admission.ended(sequence);
    }

    private void release(Sequence sequence) {
        freeSampler(sequence);
        if (sequence.slot != Sequence.NO_SLOT && broken == null) {
            if (sequence.seen > sequence.size) {
                // It ended before drafts of it that the model has accepted.
                runner.trim(sequence.slot, sequence.size);
                sequence.seen = sequence.size;
            }
            cache.leave(sequence, running);
        }
        sequence.slot = Sequence.NO_SLOT;
    }

    private void freeSampler(Sequence sequence) {
        long sampler = sequence.sampler;
        sequence.sampler = 0;
        if (sampler != 0) {
            runner.freeSampler(sampler);
        }
    }

    /** Ends everything there is; returns how many. */
    int endAll(FinishReason reason, Optional<EngineException> failure) {
        admission.drain();
        List<Sequence> all = new ArrayList<>(running);
        all.addAll(waiting.all());
        running.clear();
        waiting.clear();
        for (Sequence sequence : all) {
            tell(sequence, reason, failure);
        }
        for (Sequence sequence : all) {
            release(sequence);
        }
        publishLevels();
        return all.size();
    }

    /** Nanoseconds until the nearest deadline of a waiting request; {@link Long#MAX_VALUE} for none. */
    long nanosToDeadline() {
        return waiting.nanosToDeadline(nanoTime.getAsLong());
    }

    private void publishRequests() {
        counters.set(Counter.WAITING, waiting.size());
        counters.set(Counter.RUNNING, running.size());
    }

    private void publishLevels() {
        publishRequests();
        counters.set(Counter.CACHED_PREFIXES, cache.heldCount());
        counters.set(Counter.HOST_BYTES, cache.savedBytes());
        counters.set(Counter.USED_CELLS, broken == null ? cache.usedCells() : 0);
        admission.publish(running);
        observer.answer(waiting.all(), running, cache);
    }

    /** What tells of all this. */
    EngineObserver observer() {
        return observer;
    }

    /** For tests: the ids and cells. */
    KvCache cache() {
        return cache;
    }
}
