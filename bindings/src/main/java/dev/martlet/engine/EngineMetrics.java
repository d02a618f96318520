package dev.martlet.engine;

/**
 * An engine at one moment. The first fields are levels, the rest are totals since its start.
 *
 * @param waiting requests that wait
 * @param running requests that run
 * @param waitingTokens tokens of requests that have not run yet, prompts and expected answers
 * @param predictedWaitMicros how long a request that comes now would wait; 0 also as long as nothing was learned
 * @param promptTokenNanos what a prompt token that is not cached costs, learned; 0 as long as nothing was
 * @param outputTokenNanos what a token of output costs among as many as run at once, learned; 0 as long as nothing was
 * @param meanOutputTokens tokens of an answer, learned; 0 as long as none has ended
 * @param cachedPrefixes finished requests whose tokens are kept
 * @param usedCells cells of the KV cache in use
 * @param contextTokens cells of the KV cache
 * @param hostBytes host memory that cached prefixes take beside those cells
 * @param submitted requests accepted
 * @param ended requests that ended, however
 * @param cancelled those of them that were cancelled or not read
 * @param failed those of them that ended with {@link FinishReason#ERROR}
 * @param expired those of them whose deadline passed
 * @param rejectedRequests requests refused since too many waited
 * @param rejectedTokens requests refused since those that waited had too many tokens
 * @param rejectedTenant requests refused since too many of their tenant waited
 * @param steps steps run
 * @param promptTokens tokens of the prompts of requests that ran, each counted once
 * @param prefillTokens prompt tokens computed, again after a preemption too
 * @param cachedTokens prompt tokens taken from the cache instead
 * @param decodeTokens tokens of output
 * @param draftsAccepted drafted tokens that became output
 * @param draftsRejected drafted tokens that did not
 * @param forcedTokens tokens of output that a grammar left no choice about, and no model chose
 * @param preemptions requests that lost their cells for a while
 * @param evictions cached prefixes dropped for room
 * @param spills cached prefixes moved to host memory
 * @param restores cached prefixes brought back from there
 * @param recoveries contexts made anew after a failure
 * @param decodeMicros microseconds the model took in all
 * @param sampleMicros microseconds the choice of tokens took in all
 */
public record EngineMetrics(
        int waiting,
        int running,
        long waitingTokens,
        long predictedWaitMicros,
        long promptTokenNanos,
        long outputTokenNanos,
        int meanOutputTokens,
        int cachedPrefixes,
        int usedCells,
        int contextTokens,
        long hostBytes,
        long submitted,
        long ended,
        long cancelled,
        long failed,
        long expired,
        long rejectedRequests,
        long rejectedTokens,
        long rejectedTenant,
        long steps,
        long promptTokens,
        long prefillTokens,
        long cachedTokens,
        long decodeTokens,
        long draftsAccepted,
        long draftsRejected,
        long forcedTokens,
        long preemptions,
        long evictions,
        long spills,
        long restores,
        long recoveries,
        long decodeMicros,
        long sampleMicros) {}
