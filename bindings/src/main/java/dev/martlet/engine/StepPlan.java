package dev.martlet.engine;

import java.util.Objects;

/**
 * One step as data: segments of tokens, each of another sequence, as a structure of arrays that is re-used from step to
 * step. Segment s feeds {@code tokenCount(s)} tokens, which follow those of the segments before it, to a sequence.
 */
public final class StepPlan {

    private final int[] sequence;
    private final int[] position;
    private final int[] tokenCount;
    private final int[] rows;
    private final int[] scored;
    private final int[] next;
    private final int[] topLogprobs;
    private final long[] sampler;
    private final long[][] mask;
    private final int[] tokens;
    private final int maxOutputs;
    private int segments;
    private int size;
    private int outputs;
    private int drafted;
    private int mostTop;
    private int masked;
    private int scoring;

    /** An empty plan for a context of these limits. */
    public StepPlan(StepRunner.Limits limits) {
        int most = Math.min(limits.sequences(), limits.batchTokens());
        sequence = new int[most];
        position = new int[most];
        tokenCount = new int[most];
        rows = new int[most];
        scored = new int[most];
        next = new int[most];
        topLogprobs = new int[most];
        sampler = new long[most];
        mask = new long[most][];
        tokens = new int[limits.batchTokens()];
        maxOutputs = limits.outputs();
    }

    /** Takes everything out. */
    public void clear() {
        segments = 0;
        size = 0;
        outputs = 0;
        drafted = 0;
        mostTop = 0;
        masked = 0;
        scoring = 0;
    }

    /** Tokens that still fit; 0 when there is no segment left either. */
    public int room() {
        return segments == sequence.length ? 0 : tokens.length - size;
    }

    /** Sampled rows that still fit. */
    public int outputRoom() {
        return maxOutputs - outputs;
    }

    /** Adds a segment that only fills the cache: {@code source[from .. from + count)} at positions {@code from} on. */
    public void addPrefill(int sequenceId, int[] source, int from, int count) {
        add(sequenceId, source, from, count);
        close(0, 0, 0, null);
    }

    /**
     * Adds a segment whose last row is sampled.
     *
     * @param samplerHandle from {@link StepRunner#newSampler}
     * @param top -1 for no log probabilities, 0 for the chosen token's, k for the k likeliest tokens' too
     */
    public void addSampled(int sequenceId, int[] source, int from, int count, long samplerHandle, int top) {
        addSampled(sequenceId, source, from, count, samplerHandle, top, null);
    }

    /**
     * Adds a segment whose last row is sampled among some tokens.
     *
     * @param allowed bit t % 64 of word t / 64 is token t, at least one is set; null for all tokens. It is read, not
     *     copied, until the step has run
     */
    void addSampled(int sequenceId, int[] source, int from, int count, long samplerHandle, int top, long[] allowed) {
        requireOutput(samplerHandle, 1);
        add(sequenceId, source, from, count);
        close(1, samplerHandle, top + 1, allowed);
        masked += allowed == null ? 0 : 1;
    }

    /**
     * Adds a segment of a token, {@code source[from]}, and drafts of what may follow it. All its rows are sampled as if
     * they came one after another, as far as each but the last confirms the draft behind it; drafts that are not
     * confirmed are taken back. Only where sequences can be trimmed.
     *
     * @param drafts the first {@code count} of them, at least 1
     */
    public void addVerified(
            int sequenceId, int[] source, int from, int[] drafts, int count, long samplerHandle, int top) {
        requireOutput(samplerHandle, 1 + count);
        if (count < 1 || 1 + count > room()) {
            throw new IllegalStateException("a token and " + count + " drafts do not fit, room " + room());
        }
        add(sequenceId, source, from, 1);
        System.arraycopy(drafts, 0, tokens, size, count);
        tokenCount[segments] += count;
        size += count;
        drafted += count;
        close(1 + count, samplerHandle, top + 1, null);
    }

    /**
     * Adds a segment with a row for each of its tokens that tells the log probability of the token behind it.
     *
     * @param sampled whether the last row is sampled, as in {@link #addSampled}; the others score
     * @param behind the token behind the last one, which the last row scores where it is not sampled; -1 for no such row
     * @param samplerHandle 0 where nothing is sampled
     * @param top 0 for the given tokens' log probabilities, k for the k likeliest tokens' too
     */
    void addScored(
            int sequenceId,
            int[] source,
            int from,
            int count,
            boolean sampled,
            int behind,
            long samplerHandle,
            int top,
            long[] allowed) {
        int scoring = sampled || behind < 0 ? count - 1 : count;
        if (outputRoom() < scoring + (sampled ? 1 : 0)) {
            throw new IllegalStateException("no room for " + count + " output rows");
        }
        add(sequenceId, source, from, count);
        scored[segments] = scoring;
        next[segments] = sampled ? -1 : behind;
        this.scoring++;
        masked += sampled && allowed != null ? 1 : 0;
        closeRows(scoring + (sampled ? 1 : 0), sampled ? samplerHandle : 0, top + 1, sampled ? allowed : null);
    }

    private void requireOutput(long samplerHandle, int count) {
        if (samplerHandle == 0 || outputRoom() < count) {
            throw new IllegalStateException("no sampler or no room for " + count + " output rows");
        }
    }

    private void add(int sequenceId, int[] source, int from, int count) {
        if (count < 1 || count > room()) {
            throw new IllegalStateException(count + " tokens do not fit, room " + room());
        }
        System.arraycopy(source, from, tokens, size, count);
        sequence[segments] = sequenceId;
        position[segments] = from;
        tokenCount[segments] = count;
        size += count;
    }

    private void close(int rowCount, long samplerHandle, int top, long[] allowed) {
        scored[segments] = 0;
        next[segments] = -1;
        closeRows(rowCount, samplerHandle, top, allowed);
    }

    private void closeRows(int rowCount, long samplerHandle, int top, long[] allowed) {
        rows[segments] = rowCount;
        sampler[segments] = samplerHandle;
        topLogprobs[segments] = top;
        mask[segments] = allowed;
        mostTop = Math.max(mostTop, top - 1);
        outputs += rowCount;
        segments++;
    }

    /** Number of segments. */
    public int segments() {
        return segments;
    }

    /** Number of tokens of all segments. */
    public int size() {
        return size;
    }

    /** Most rows that are sampled: one for each sampled segment, and one for each draft. */
    public int outputs() {
        return outputs;
    }

    /** Number of drafts of all segments. */
    public int drafted() {
        return drafted;
    }

    /** The largest number of likeliest tokens any segment asks for. */
    public int mostTop() {
        return mostTop;
    }

    public int sequence(int segment) {
        return sequence[Objects.checkIndex(segment, segments)];
    }

    public int position(int segment) {
        return position[Objects.checkIndex(segment, segments)];
    }

    public int tokenCount(int segment) {
        return tokenCount[Objects.checkIndex(segment, segments)];
    }

    /** Most rows of a segment: those that score, and 0, 1, or 1 and its number of drafts that are sampled. */
    public int rows(int segment) {
        return rows[Objects.checkIndex(segment, segments)];
    }

    /** How many of a segment's tokens are drafts. */
    public int drafted(int segment) {
        return scored(segment) > 0 ? 0 : Math.max(0, rows(segment) - 1);
    }

    /** How many of a segment's rows, the first ones, score a token that is given. */
    public int scored(int segment) {
        return scored[Objects.checkIndex(segment, segments)];
    }

    /** The token that the last row of a segment scores; -1 where that is none or in the segment. */
    public int next(int segment) {
        return next[Objects.checkIndex(segment, segments)];
    }

    /** Number of segments that score tokens. */
    int scoring() {
        return scoring;
    }

    /** 0 for no log probabilities, else one more than the number of likeliest tokens. */
    public int topLogprobs(int segment) {
        return topLogprobs[Objects.checkIndex(segment, segments)];
    }

    /** 0 where nothing is sampled. */
    public long sampler(int segment) {
        return sampler[Objects.checkIndex(segment, segments)];
    }

    /** Whether a segment's row may take this token. */
    public boolean allows(int segment, int token) {
        long[] allowed = mask[Objects.checkIndex(segment, segments)];
        return allowed == null || (allowed[token >> 6] >>> token & 1) != 0;
    }

    /** Number of segments that may not take every token. */
    public int masked() {
        return masked;
    }

    /** Token {@code index} of all segments' tokens in a row. */
    public int token(int index) {
        return tokens[Objects.checkIndex(index, size)];
    }

    /** The arrays behind the accessors, for bulk copies. */
    int[] sequences() {
        return sequence;
    }

    int[] positions() {
        return position;
    }

    int[] tokenCounts() {
        return tokenCount;
    }

    int[] nexts() {
        return next;
    }

    int[] topLogprobs() {
        return topLogprobs;
    }

    long[] samplers() {
        return sampler;
    }

    /** Null where every token is allowed. */
    long[][] masks() {
        return mask;
    }

    int[] tokens() {
        return tokens;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("step of ").append(size).append(" tokens:");
        for (int s = 0; s < segments; s++) {
            text.append(' ')
                    .append(sequence[s])
                    .append('@')
                    .append(position[s])
                    .append('+')
                    .append(tokenCount[s])
                    .append("*".repeat(rows[s]));
        }
        return text.toString();
    }
}
