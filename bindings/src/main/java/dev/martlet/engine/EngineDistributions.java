package dev.martlet.engine;

/**
 * How an engine's times and sizes are distributed. Times are in seconds, and from the engine's own clock: what a client
 * sees also takes the way to the engine and back.
 *
 * @param queueWait from a request's submission until it first runs; requests that never ran are not in it
 * @param timeToFirstToken from a request's submission to its first token
 * @param interToken between two tokens of a request, pauses by preemption included
 * @param requestTime from a request's submission to its end, however it ended
 * @param stepTime of a step, as the engine's thread waited for it
 * @param stepTokens tokens of a step: prompts' and single ones
 * @param stepSequences requests in a step
 */
public record EngineDistributions(
        Distribution queueWait,
        Distribution timeToFirstToken,
        Distribution interToken,
        Distribution requestTime,
        Distribution stepTime,
        Distribution stepTokens,
        Distribution stepSequences) {}
