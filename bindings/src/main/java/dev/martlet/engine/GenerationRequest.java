package dev.martlet.engine;

import dev.martlet.grammar.CompiledGrammar;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What the engine is to generate.
 *
 * @param prompt token ids, at least one; not written to after the request is made
 * @param sampling how tokens are chosen
 * @param maxTokens most tokens of output, at least 1, or 0 where only the prompt is scored; the context's room bounds it too
 * @param topLogprobs -1 for none; 0 for the chosen token's log probability; k (at most 20) for the k likeliest too
 * @param stopTokens tokens that end the generation beside the model's own; not part of the output
 * @param ignoreEndOfGeneration whether the model's own end tokens are output like any other
 * @param deadline time from submission after which the generation ends with {@link FinishReason#DEADLINE}
 * @param constraint what the output must follow; it ends where nothing more may follow, with {@link FinishReason#STOP},
 *     whether or not end tokens are ignored
 * @param priority the lower the sooner it runs, {@value #LEAST_PRIORITY} to {@value #MOST_PRIORITY}; a level is worth
 *     30 seconds of waiting, so that a request of low priority waits long but not forever
 * @param tenant who it is for: requests of one priority that wait share the engine fairly between tenants, by tokens
 * @param tenantQueue most requests of its tenant that may wait: while so many do and no place to run is free, it is refused
 * @param prediction token ids that the output is expected to have, in order; none where nothing is. They make it come
 *     sooner and never change it; a request with a constraint gains nothing by them. Not written to after the request is made
 * @param scoresPrompt whether the prompt's tokens are told with their log probabilities, as {@link TokenEvent.Scores}; needs
 *     {@code topLogprobs} of at least 0, and what others computed of the prompt is computed again
 */
public record GenerationRequest(
        int[] prompt,
        Sampling sampling,
        int maxTokens,
        int topLogprobs,
        Set<Integer> stopTokens,
        boolean ignoreEndOfGeneration,
        Optional<Duration> deadline,
        Optional<CompiledGrammar> constraint,
        int priority,
        String tenant,
        int tenantQueue,
        int[] prediction,
        boolean scoresPrompt) {

    private static final int[] NO_TOKENS = {};

    /** Bounds of priorities. */
    public static final int LEAST_PRIORITY = -100;

    public static final int MOST_PRIORITY = 100;

    public GenerationRequest {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(deadline, "deadline");
        Objects.requireNonNull(constraint, "constraint");
        Objects.requireNonNull(prediction, "prediction");
        stopTokens = Set.copyOf(stopTokens);
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt is empty");
        }
        if (maxTokens < 1 && !(maxTokens == 0 && scoresPrompt)) {
            throw new IllegalArgumentException("maxTokens is " + maxTokens + ", must be at least 1");
        }
        if (scoresPrompt && topLogprobs < 0) {
            throw new IllegalArgumentException("the prompt is to be scored, but topLogprobs is " + topLogprobs);
        }
        if (topLogprobs < -1 || topLogprobs > 20) {
            throw new IllegalArgumentException("topLogprobs is " + topLogprobs + ", must be -1 to 20");
        }
        if (priority < LEAST_PRIORITY || priority > MOST_PRIORITY) {
            throw new IllegalArgumentException(
                    "priority is " + priority + ", must be " + LEAST_PRIORITY + " to " + MOST_PRIORITY);
        }
        if (tenantQueue < 0) {
            throw new IllegalArgumentException("tenantQueue is " + tenantQueue + ", must not be negative");
        }
    }

    /** One of priority 0, nobody's, and without a prediction. */
    public GenerationRequest(
            int[] prompt,
            Sampling sampling,
            int maxTokens,
            int topLogprobs,
            Set<Integer> stopTokens,
            boolean ignoreEndOfGeneration,
            Optional<Duration> deadline,
            Optional<CompiledGrammar> constraint) {
        this(
                prompt,
                sampling,
                maxTokens,
                topLogprobs,
                stopTokens,
                ignoreEndOfGeneration,
                deadline,
                constraint,
                0,
                "",
                Integer.MAX_VALUE,
                NO_TOKENS,
                false);
    }

    /** One without a constraint. */
    public GenerationRequest(
            int[] prompt,
            Sampling sampling,
            int maxTokens,
            int topLogprobs,
            Set<Integer> stopTokens,
            boolean ignoreEndOfGeneration,
            Optional<Duration> deadline) {
        this(prompt, sampling, maxTokens, topLogprobs, stopTokens, ignoreEndOfGeneration, deadline, Optional.empty());
    }

    /** Greedy, without logprobs or deadline. */
    public static GenerationRequest of(int[] prompt, int maxTokens) {
        return new GenerationRequest(prompt, Sampling.greedy(), maxTokens, -1, Set.of(), false, Optional.empty());
    }

    public GenerationRequest withSampling(Sampling value) {
        return with(parts -> parts.sampling = value);
    }

    /**
     * The request with output that follows a grammar of the model's vocabulary. Each request walks the grammar for
     * itself; many may share a compiled one.
     */
    public GenerationRequest withConstraint(CompiledGrammar grammar) {
        return with(parts -> parts.constraint = Optional.of(grammar));
    }

    /** The request with a priority: the lower the sooner. */
    public GenerationRequest withPriority(int value) {
        return with(parts -> parts.priority = value);
    }

    /** The request as somebody's. */
    public GenerationRequest withTenant(String value) {
        return with(parts -> parts.tenant = value);
    }

    /** The request with a bound on how many of its tenant's requests may wait. */
    public GenerationRequest withTenantQueue(int value) {
        return with(parts -> parts.tenantQueue = value);
    }

    /** The request with a deadline, counted from its submission. */
    public GenerationRequest withDeadline(Duration value) {
        return with(parts -> parts.deadline = Optional.of(value));
    }

    /** The request with tokens that its output is expected to have. */
    public GenerationRequest withPrediction(int[] tokens) {
        return with(parts -> parts.prediction = tokens);
    }

    /** The request with log probabilities of its prompt. */
    public GenerationRequest withScoredPrompt() {
        return with(parts -> parts.scoresPrompt = true);
    }

    /** The request with no output: only its prompt is scored. */
    public GenerationRequest withoutOutput() {
        return with(parts -> {
            parts.scoresPrompt = true;
            parts.maxTokens = 0;
        });
    }

    private GenerationRequest with(Consumer<Parts> change) {
        Parts parts = new Parts(this);
        change.accept(parts);
        return parts.whole();
    }

    /** A request that is being changed: what may change of it. */
    private static final class Parts {
        private final GenerationRequest from;
        private Sampling sampling;
        private Optional<Duration> deadline;
        private Optional<CompiledGrammar> constraint;
        private int priority;
        private String tenant;
        private int tenantQueue;
        private int[] prediction;
        private boolean scoresPrompt;
        private int maxTokens;

        private Parts(GenerationRequest from) {
            this.from = from;
            this.sampling = from.sampling;
            this.deadline = from.deadline;
            this.constraint = from.constraint;
            this.priority = from.priority;
            this.tenant = from.tenant;
            this.tenantQueue = from.tenantQueue;
            this.prediction = from.prediction;
            this.scoresPrompt = from.scoresPrompt;
            this.maxTokens = from.maxTokens;
        }

        private GenerationRequest whole() {
            return new GenerationRequest(
                    from.prompt,
                    sampling,
                    maxTokens,
                    from.topLogprobs,
                    from.stopTokens,
                    from.ignoreEndOfGeneration,
                    deadline,
                    constraint,
                    priority,
                    tenant,
                    tenantQueue,
                    prediction,
                    scoresPrompt);
        }
    }
}
