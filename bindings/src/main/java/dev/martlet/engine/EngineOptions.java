package dev.martlet.engine;

import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import dev.martlet.memory.ContextShape;
import dev.martlet.memory.ModelShape;
import java.util.function.Consumer;

/**
 * How an engine is set up.
 *
 * @param contextTokens cells of the KV cache, shared by all requests; 0 = what the model was
 *     trained for, times {@code maxSequences}, at most 32,768, and no more than fits into half of the free memory
 * @param maxSequences most requests that run at once, 1 to 255
 * @param batchTokens most tokens of one step, at least {@code maxSequences}
 * @param stepMillis how long a step may take while requests are streaming, in milliseconds: prompts are cut into
 *     chunks that fit, as far as that can be foretold; 0 = no bound
 * @param threads threads of a decode or prefill; 0 = one for each physical core
 * @param queueLimit most requests that wait beside those that run, at least 0
 * @param queueTokens most tokens of requests that wait, prompts and expected answers, at least 1; one that finds none
 *     waiting may have more
 * @param flashAttention whether attention runs fused
 * @param prefixCache whether finished requests stay in the cache for others to continue from
 * @param cachedPrefixes sequence ids for finished requests that stay, at least 0; together with {@code maxSequences} at most 255
 * @param hostCacheMiB host memory for finished requests that are moved out of the KV cache, in MiB; 0 = none
 * @param drafts most tokens of a step that are guessed from a request's own text and verified, for each request, 0 to
 *     {@value #MOST_DRAFTS}; 0 = none
 * @param cacheTypes how keys and values are stored; quantised values need flash attention
 */
public record EngineOptions(
        int contextTokens,
        int maxSequences,
        int batchTokens,
        int stepMillis,
        int threads,
        int queueLimit,
        int queueTokens,
        FlashAttention flashAttention,
        boolean prefixCache,
        int cachedPrefixes,
        int hostCacheMiB,
        int drafts,
        CacheTypes cacheTypes) {

    /** Sequence ids of one context: llama.cpp has 256, one is kept aside for saving and loading. */
    private static final int SEQUENCE_IDS = 255;

    static final int MOST_DRAFTS = 32;

    /** Requests that can have all their drafts in one step. */
    private static final int DRAFTING_SEQUENCES = 4;

    /** Whether attention runs fused. */
    public enum FlashAttention {
        /** Where the model and the device can. */
        AUTO,
        OFF,
        ON
    }

    public EngineOptions {
        check(contextTokens >= 0, "contextTokens", contextTokens, "at least 0");
        check(maxSequences >= 1 && maxSequences <= SEQUENCE_IDS, "maxSequences", maxSequences, "1 to " + SEQUENCE_IDS);
        check(batchTokens >= maxSequences, "batchTokens", batchTokens, "at least maxSequences " + maxSequences);
        check(stepMillis >= 0, "stepMillis", stepMillis, "at least 0");
        check(threads >= 0 && threads <= 1024, "threads", threads, "0 to 1024");
        check(queueLimit >= 0, "queueLimit", queueLimit, "at least 0");
        check(queueTokens >= 1, "queueTokens", queueTokens, "at least 1");
        check(hostCacheMiB >= 0, "hostCacheMiB", hostCacheMiB, "at least 0");
        check(drafts >= 0 && drafts <= MOST_DRAFTS, "drafts", drafts, "0 to " + MOST_DRAFTS);
        check(
                cachedPrefixes >= 0 && cachedPrefixes + maxSequences <= SEQUENCE_IDS,
                "cachedPrefixes",
                cachedPrefixes,
                "0 to " + (SEQUENCE_IDS - maxSequences) + " beside maxSequences " + maxSequences);
        if (cacheTypes.values().quantised() && flashAttention == FlashAttention.OFF) {
            throw new IllegalArgumentException(
                    "cacheTypes has values of type " + cacheTypes.values() + ", which needs flashAttention; it is OFF");
        }
    }

    /**
     * 32 requests at once, steps of 512 tokens and, while requests are streaming, 250 ms, 256 waiting with up to 262,144
     * tokens, 96 cached prefixes, 8 drafts, the rest chosen by the model.
     */
    public static EngineOptions defaults() {
        return new EngineOptions(
                0,
                32,
                512,
                250,
                0,
                256,
                262_144,
                FlashAttention.AUTO,
                true,
                96,
                1_024,
                8,
                CacheTypes.of(CacheType.F16));
    }

    public EngineOptions withContextTokens(int value) {
        return with(parts -> parts.contextTokens = value);
    }

    public EngineOptions withMaxSequences(int value) {
        return with(parts -> parts.maxSequences = value);
    }

    public EngineOptions withBatchTokens(int value) {
        return with(parts -> parts.batchTokens = value);
    }

    public EngineOptions withStepMillis(int value) {
        return with(parts -> parts.stepMillis = value);
    }

    public EngineOptions withThreads(int value) {
        return with(parts -> parts.threads = value);
    }

    public EngineOptions withQueueLimit(int value) {
        return with(parts -> parts.queueLimit = value);
    }

    public EngineOptions withQueueTokens(int value) {
        return with(parts -> parts.queueTokens = value);
    }

    public EngineOptions withFlashAttention(FlashAttention value) {
        return with(parts -> parts.flashAttention = value);
    }

    public EngineOptions withPrefixCache(boolean value) {
        return with(parts -> parts.prefixCache = value);
    }

    public EngineOptions withCachedPrefixes(int value) {
        return with(parts -> parts.cachedPrefixes = value);
    }

    public EngineOptions withHostCacheMiB(int value) {
        return with(parts -> parts.hostCacheMiB = value);
    }

    public EngineOptions withDrafts(int value) {
        return with(parts -> parts.drafts = value);
    }

    public EngineOptions withCacheTypes(CacheTypes value) {
        return with(parts -> parts.cacheTypes = value);
    }

    private EngineOptions with(Consumer<Parts> change) {
        Parts parts = new Parts(this);
        change.accept(parts);
        return parts.options();
    }

    /** Most rows of a step that are sampled: one for each request, and drafts where few requests run. */
    int outputRows() {
        return Math.min(batchTokens, Math.max(maxSequences, Math.min(maxSequences, DRAFTING_SEQUENCES) * (1 + drafts)));
    }

    /**
     * The context an engine of these options asks for, to tell what it takes before the model is opened. Where the size is
     * left open it is the largest that would be chosen, however little memory is free.
     */
    public ContextShape contextShape(ModelShape model) {
        int tokens = contextTokens > 0 ? contextTokens : EngineSizing.wantedCells(model.trainedContext(), maxSequences);
        boolean fused = flashAttention != FlashAttention.OFF;
        return new ContextShape(tokens, batchTokens, sequenceIds(), outputRows(), cacheTypes, fused);
    }

    /** Sequence ids a context needs. */
    int sequenceIds() {
        return prefixCache ? maxSequences + cachedPrefixes : maxSequences;
    }

    private static void check(boolean holds, String name, int value, String range) {
        if (!holds) {
            throw new IllegalArgumentException(name + " is " + value + ", must be " + range);
        }
    }

    /** A copy to be changed. */
    private static final class Parts {
        private int contextTokens;
        private int maxSequences;
        private int batchTokens;
        private int stepMillis;
        private int threads;
        private int queueLimit;
        private int queueTokens;
        private FlashAttention flashAttention;
        private boolean prefixCache;
        private int cachedPrefixes;
        private int hostCacheMiB;
        private int drafts;
        private CacheTypes cacheTypes;

        Parts(EngineOptions from) {
            contextTokens = from.contextTokens;
            maxSequences = from.maxSequences;
            batchTokens = from.batchTokens;
            stepMillis = from.stepMillis;
            threads = from.threads;
            queueLimit = from.queueLimit;
            queueTokens = from.queueTokens;
            flashAttention = from.flashAttention;
            prefixCache = from.prefixCache;
            cachedPrefixes = from.cachedPrefixes;
            hostCacheMiB = from.hostCacheMiB;
            drafts = from.drafts;
            cacheTypes = from.cacheTypes;
        }

        EngineOptions options() {
            return new EngineOptions(
                    contextTokens,
                    maxSequences,
                    batchTokens,
                    stepMillis,
                    threads,
                    queueLimit,
                    queueTokens,
                    flashAttention,
                    prefixCache,
                    cachedPrefixes,
                    hostCacheMiB,
                    drafts,
                    cacheTypes);
        }
    }
}
