package dev.martlet.engine;

import dev.martlet.grammar.CompiledGrammar;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the engine is to generate.
 *
 * @param prompt token ids, at least one; not written to after the request is made
 * @param sampling how tokens are chosen
 * @param maxTokens most tokens of output, at least 1; the context's room bounds it too
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
        int tenantQueue) {

    /** Bounds of priorities. */
    public static final int LEAST_PRIORITY = -100;

    public static final int MOST_PRIORITY = 100;

    public GenerationRequest {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(deadline, "deadline");
        Objects.requireNonNull(constraint, "constraint");
        stopTokens = Set.copyOf(stopTokens);
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt is empty");
        }
        if (maxTokens < 1) {
            throw new IllegalArgumentException("maxTokens is " + maxTokens + ", must be at least 1");
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

    /** One of priority 0 and nobody's. */
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
                Integer.MAX_VALUE);
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
        return new GenerationRequest(
                prompt,
                value,
                maxTokens,
                topLogprobs,
                stopTokens,
                ignoreEndOfGeneration,
                deadline,
                constraint,
                priority,
                tenant,
                tenantQueue);
    }

    /**
     * The request with output that follows a grammar of the model's vocabulary. Each request walks the grammar for
     * itself; many may share a compiled one.
     */
    public GenerationRequest withConstraint(CompiledGrammar grammar) {
        return new GenerationRequest(
                prompt,
                sampling,
                maxTokens,
                topLogprobs,
                stopTokens,
                ignoreEndOfGeneration,
                deadline,
                Optional.of(grammar),
                priority,
                tenant,
                tenantQueue);
    }

    /** The request with a priority: the lower the sooner. */
    public GenerationRequest withPriority(int value) {
        return new GenerationRequest(
                prompt,
                sampling,
                maxTokens,
                topLogprobs,
                stopTokens,
                ignoreEndOfGeneration,
                deadline,
                constraint,
                value,
                tenant,
                tenantQueue);
    }

    /** The request as somebody's. */
    public GenerationRequest withTenant(String value) {
        return new GenerationRequest(
                prompt,
                sampling,
                maxTokens,
                topLogprobs,
                stopTokens,
                ignoreEndOfGeneration,
                deadline,
                constraint,
                priority,
                value,
                tenantQueue);
    }

    /** The request with a bound on how many of its tenant's requests may wait. */
    public GenerationRequest withTenantQueue(int value) {
        return new GenerationRequest(
                prompt,
                sampling,
                maxTokens,
                topLogprobs,
                stopTokens,
                ignoreEndOfGeneration,
                deadline,
                constraint,
                priority,
                tenant,
                value);
    }

    /** The request with a deadline, counted from its submission. */
    public GenerationRequest withDeadline(Duration value) {
        return new GenerationRequest(
                prompt,
                sampling,
                maxTokens,
                topLogprobs,
                stopTokens,
                ignoreEndOfGeneration,
                Optional.of(value),
                constraint,
                priority,
                tenant,
                tenantQueue);
    }
}
