package dev.martlet.engine;

import java.util.Optional;

/**
 * The native step as the scheduler sees it: sequences of tokens in one KV cache, and one call that extends many of them
 * at once. An implementation belongs to one thread; only {@link #abort()} may come from another.
 *
 * <p>All but {@link #step} throw {@link EngineException} of kind NATIVE when they fail.
 */
public interface StepRunner extends AutoCloseable {

    /**
     * What a context can do.
     *
     * @param contextTokens cells of the KV cache, shared by all sequences
     * @param sequenceTokens most tokens of one sequence
     * @param batchTokens most tokens of one step
     * @param sequences number of sequence ids, which run from 0
     * @param outputs most sampled rows of one step
     * @param partialPrefix whether a sequence can be trimmed or forked at any length, not only as a whole
     * @param vocabulary number of tokens
     * @param mixedContext prompts go into the same step as streaming requests while these have no more tokens than this in
     *     all, and into steps of their own beyond
     * @param cheapCells used cells up to which those of others slow a row down no more than a little
     */
    record Limits(
            int contextTokens,
            int sequenceTokens,
            int batchTokens,
            int sequences,
            int outputs,
            boolean partialPrefix,
            int vocabulary,
            int mixedContext,
            int cheapCells) {}

    /** The same for the runner's whole life, also across {@link #recreate()}. */
    Limits limits();

    /**
     * Runs a plan.
     *
     * @param result written only with {@link StepStatus#OK}
     * @return with NO_SPACE and ABORTED all is as before; with FAILED only {@link #recreate()} and {@link #close()} follow
     */
    StepStatus step(StepPlan plan, StepResult result);

    /** What the last {@link StepStatus#FAILED} was about. */
    String failure();

    /** Makes {@code target} share the first {@code length} tokens of {@code source}; what it held is dropped. */
    void fork(int source, int target, int length);

    /** Keeps the first {@code length} tokens of a sequence. */
    void trim(int sequence, int length);

    /** Host memory that {@link #save} would take, in bytes; {@link Long#MAX_VALUE} where it cannot be done. */
    long stateBytes(int sequence, int from);

    /**
     * Copies what a sequence holds from a position on; the sequence stays as it is. Survives {@link #recreate()}.
     *
     * @param from 0 where prefixes are whole only
     * @return empty where host memory is short
     */
    Optional<SavedTail> save(int sequence, int from);

    /**
     * Puts a copy behind the tokens of a sequence, which must be {@link SavedTail#from()} and those it was taken behind.
     *
     * @return false when there are not enough free cells; nothing was changed
     */
    boolean load(int sequence, SavedTail tail);

    /** Cells in use, shared ones counted once. */
    int usedCells();

    /** A sampler's handle, never 0; it outlives {@link #recreate()}. */
    long newSampler(Sampling sampling);

    /**
     * Tells a sampler of tokens it did not choose itself.
     *
     * @param output whether they count as output, which moves its position, or as prompt
     */
    void feed(long sampler, int[] tokens, int from, int to, boolean output);

    /** Ends a sampler. */
    void freeSampler(long sampler);

    /** Drops the context and opens a new one: all sequences are empty. */
    void recreate();

    /** Ends a running step soon, with {@link StepStatus#ABORTED}. From any thread, also after {@link #close()}. */
    void abort();

    /** Frees everything but samplers that are still open. */
    @Override
    void close();
}
