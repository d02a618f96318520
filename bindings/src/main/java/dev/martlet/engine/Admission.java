package dev.martlet.engine;

import dev.martlet.engine.Counters.Counter;
import dev.martlet.engine.KvCache.Match;
import java.util.Arrays;
import java.util.List;

/**
 * Decides which waiting request runs next and whether there is room for it, and learns from those that ran what that takes.
 * Only the scheduler's thread uses it.
 */
final class Admission {

    /** A request gives way to no more than this many others that compute a prefix of it. */
    private static final int MOST_WAITS = 8;

    private final Inbox inbox;
    private final KvCache cache;
    private final Counters counters;
    private final Forecast forecast;
    private final int maxRunning;
    private final WaitingLine waiting = new WaitingLine();

    /** Written anew by each look for room. */
    private final long[] ends;

    /** When the step ended that was learned from last; NEVER when the engine had nothing to do since. */
    private long learnedAt = RequestTrace.NEVER;

    /** Prompt tokens computed until then. */
    private long learnedPrompts;

    /** Tokens of output until then. */
    private long learnedOutputs;

    Admission(Inbox inbox, KvCache cache, Counters counters, int maxRunning) {
        this.inbox = inbox;
        this.cache = cache;
        this.counters = counters;
        this.forecast = inbox.forecast();
        this.maxRunning = maxRunning;
        this.ends = new long[maxRunning];
    }

    WaitingLine waiting() {
        return waiting;
    }

    /** Moves what arrived into the waiting line; returns how many. */
    int drain() {
        int arrived = inbox.drainTo(waiting);
        counters.add(Counter.SUBMITTED, arrived);
        return arrived;
    }

    /** The first of this turn that may run: see {@link #next}. */
    Sequence first(List<Sequence> running) {
        if (waiting.isEmpty() || running.size() >= maxRunning) {
            return null;
        }
        waiting.beginScan();
        return next(running);
    }

    /**
     * The next that may run: no longer waiting, with an id and what the cache had of it, and among those that run; null for
     * none.
     */
    Sequence next(List<Sequence> running) {
        Sequence sequence = running.size() < maxRunning ? waiting.next() : null;
        while (sequence != null) {
            Match match = cache.find(sequence, running);
            if (match.awaited() != null && sequence.waits < MOST_WAITS) {
                sequence.awaited = match.awaited();
                sequence.awaitedLength = match.awaitedLength();
                sequence.waits++;
            } else if (cache.admit(sequence, match, running, growth(sequence, match, running))) {
                share(sequence, match, running);
                run(sequence, running);
                return sequence;
            } else if (!waiting.passOver(sequence)) {
                return null;
            }
            sequence = waiting.next();
        }
        return null;
    }

    /**
     * Cells that this one and all that run are expected to take at the worst beyond what their tokens take now: all grow
     * until the next of them ends and gives back what is its own (as in LightLLM's past-future scheduler, Gong et al.,
     * 2025).
     */
    private long growth(Sequence sequence, Match match, List<Sequence> running) {
        int count = running.size() + 1;
        ends[0] = end(sequence, match.forked());
        for (int i = 1; i < count; i++) {
            Sequence other = running.get(i - 1);
            ends[i] = end(other, other.shared);
        }
        Arrays.sort(ends, 0, count);
        long given = 0;
        long worst = Long.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            worst = Math.max(worst, (count - i) * (ends[i] >> Integer.SIZE) - given);
            given += (int) ends[i];
        }
        return worst;
    }

    /** In how many steps one is expected to end, and the tokens it gives back then: in order of the steps as numbers. */
    private long end(Sequence sequence, int shared) {
        return (long) forecast.outputsToCome(sequence) << Integer.SIZE | sequence.size - shared;
    }

    private static void share(Sequence sequence, Match match, List<Sequence> running) {
        sequence.shared = match.forked();
        for (int i = 0; i < running.size(); i++) {
            Sequence other = running.get(i);
            if (other.slot == match.slot()) {
                other.shared = Math.max(other.shared, match.forked());
            }
        }
    }

    private void run(Sequence sequence, List<Sequence> running) {
        int outputs = forecast.outputs(sequence.request);
        waiting.take(sequence, sequence.gap() + outputs);
        sequence.insertByArrival(running);
        if (!sequence.hasRun) {
            sequence.hasRun = true;
            sequence.chargedOutputs = outputs;
            inbox.began(sequence.request);
            forecast.began(sequence.size, sequence.gap());
        }
    }

    /** A request has ended, whether it ran or not, and is in no list any more. */
    void ended(Sequence sequence) {
        if (sequence.hasRun) {
            if (sequence.request.maxTokens() > 0) {
                forecast.ended(sequence.outputs());
            }
            waiting.settle(sequence, sequence.outputs() - sequence.chargedOutputs);
        }
        inbox.ended(sequence);
    }

    /** A step ended then: learns what its tokens cost from the time since the one before. */
    void stepped(long began, long ended) {
        long prompts = counters.total(Counter.PREFILL_TOKENS);
        long outputs = counters.total(Counter.DECODE_TOKENS);
        long from = learnedAt == RequestTrace.NEVER ? began : learnedAt;
        forecast.step(prompts - learnedPrompts, outputs - learnedOutputs, ended - from);
        learnedPrompts = prompts;
        learnedOutputs = outputs;
        learnedAt = ended;
    }

    /** There was nothing to compute: the time until the next step tells nothing. */
    void rested() {
        learnedAt = RequestTrace.NEVER;
    }

    /** Sets the levels that it knows. */
    void publish(List<Sequence> running) {
        forecast.running(running, waiting.isEmpty() && running.size() < maxRunning);
        counters.set(Counter.PROMPT_TOKEN_NANOS, (long) forecast.promptNanos());
        counters.set(Counter.OUTPUT_TOKEN_NANOS, (long) forecast.outputNanos());
        counters.set(Counter.MEAN_OUTPUT_TOKENS, (long) Math.ceil(forecast.meanOutputs()));
    }
}
