package dev.martlet.engine;

/**
 * How an engine's times and sizes are distributed. Times are in seconds, and from the engine's own clock: what a client
 * sees also takes the way to the engine and back.
 *
 * @param queueWait from a request's submission until it first runs; requests that never ran are not in it
 * @param timeToFirstToken from a request's submission to its first token
 * @param interToken between two tokens of a request, pauses by preemption included
 * @param requestTime from a request's submission to its end, however it ended
 * @param prefillTime from when a request first runs to its first token
 * @param decodeTime from a request's first token to its last, of requests that ended
 * @param promptTokens tokens of the prompts of requests that ran and ended
 * @param outputTokens tokens of their output
 * @param stepTime of a step, as the engine's thread waited for it
 * @param stepTokens tokens of a step: prompts' and single ones
 * @param stepSequences requests in a step
 */
public record EngineDistributions(
        Distribution queueWait,
        Distribution timeToFirstToken,
        Distribution interToken,
        Distribution requestTime,
        Distribution prefillTime,
        Distribution decodeTime,
        Distribution promptTokens,
        Distribution outputTokens,
        Distribution stepTime,
        Distribution stepTokens,
        Distribution stepSequences) {}
