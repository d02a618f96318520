package dev.martlet.engine;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * A request on its way: the tokens that exist, and how many of them the model has seen. Each step closes some of that
 * gap, whether it is a prompt, a single new token, or what a preemption took away. Only the scheduler's thread uses it.
 */
final class Sequence {

    /** No sequence id: it waits, or it has ended. */
    static final int NO_SLOT = -1;

    /** What a level of priority is worth: one level more urgent is as good as to have come this much earlier. */
    static final Duration LEVEL = Duration.ofSeconds(30);

    private static final long LEVEL_NANOS = LEVEL.toNanos();

    final GenerationRequest request;
    final GenerationStream stream;

    /** Rises from request to request. */
    final long arrival;

    /** Moment of its submission, later for each level of its priority: whoever has the lowest goes first. */
    final long rank;

    /** Its life so far, for whoever watches. */
    final RequestTrace trace;

    /** Moment of {@link System#nanoTime()}; meaningful only where the request has a deadline. */
    final long deadlineNanos;

    /** Whether it runs, or ran and lost its cells. */
    boolean hasRun;

    /** Prompt, then output. */
    int[] tokens;

    /** How many of {@link #tokens} exist. */
    int size;

    /** How many of them the model has seen. */
    int seen;

    /** Its sequence id in the context. */
    int slot = NO_SLOT;

    /** 0 until it first runs. */
    long sampler;

    /** What its output follows; null where it is free, and before it first runs. */
    Constraint constraint;

    /** What its own text says may come next; null until it first streams where that is asked for. */
    Drafts drafts;

    /** What its client foretells of the output; null for nothing. */
    final Prediction prediction;

    /** Tokens of its prompt that were told with their log probabilities, where that is asked for. */
    int scored;

    /** Prompt tokens that came from the cache when it first ran; -1 before. */
    int cachedTokens = -1;

    /** Steps since it began to prefill; old ones go first. */
    int age;

    /** Steps that failed with it. */
    int failures;

    /** Tokens at its begin whose cells others have too. */
    int shared;

    /** The held prefix it began with, or null. */
    PrefixTree.Node began;

    /** Another sequence that is about to compute a prefix of this one, or null. */
    Sequence awaited;

    /** How many tokens the awaited one must have seen. */
    int awaitedLength;

    /** How often it waited for another. */
    int waits;

    /** How often others began though it was its turn, since it did not fit. */
    int passes;

    /** The scan of the waiting line that passed it over last. */
    long passedIn = -1;

    /** Tokens of output that its tenant was charged for when it first ran. */
    int chargedOutputs;

    Sequence(
            GenerationRequest request, GenerationStream stream, long arrival, long submittedNanos, long deadlineNanos) {
        this.request = request;
        this.stream = stream;
        this.arrival = arrival;
        this.rank = submittedNanos + request.priority() * LEVEL_NANOS;
        this.trace = new RequestTrace(arrival, request, submittedNanos);
        this.deadlineNanos = deadlineNanos;
        this.prediction = request.prediction().length == 0 ? null : new Prediction(request.prediction());
        int length = request.prompt().length;
        this.tokens = Arrays.copyOf(request.prompt(), length + Math.min(request.maxTokens(), 64));
        this.size = length;
    }

    /** Whether another one is still about to compute a prefix of it. */
    boolean isAwaiting() {
        if (awaited != null && (awaited.slot == NO_SLOT || awaited.seen >= awaitedLength)) {
            awaited = null;
        }
        return awaited != null;
    }

    /** Whether its turn is before the other's. */
    boolean isBefore(Sequence other) {
        long later = rank - other.rank;
        return later < 0 || later == 0 && arrival < other.arrival;
    }

    /** Puts it into a list that is in order of arrival. */
    void insertByArrival(List<Sequence> list) {
        int at = list.size();
        while (at > 0 && list.get(at - 1).arrival > arrival) {
            at--;
        }
        list.add(at, this);
    }

    /** Whether tokens of its prompt are to be scored. */
    boolean isScoring() {
        return request.scoresPrompt() && scored < request.prompt().length;
    }

    /** Tokens it may begin with though it does not compute them: a row is needed of what comes before one to be scored. */
    int reusable() {
        return isScoring() ? Math.max(0, scored - 1) : size - 1;
    }

    /** Whether it has nothing to compute any more: only its prompt was to be scored, and is. */
    boolean isDone() {
        return request.maxTokens() == 0 && !isScoring();
    }

    /** Tokens the model has yet to see. */
    int gap() {
        return size - seen;
    }

    /** Tokens of output so far. */
    int outputs() {
        return size - request.prompt().length;
    }

    /** Takes a token of output; returns how many of its prediction were seen by that. */
    int append(int token) {
        if (size == tokens.length) {
            tokens = Arrays.copyOf(tokens, size + (size >> 1) + 16);
        }
        tokens[size++] = token;
        return prediction == null ? 0 : prediction.follow(tokens, size);
    }

    Usage usage() {
        return new Usage(request.prompt().length, Math.max(0, cachedTokens), outputs());
    }
}
