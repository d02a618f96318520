package dev.martlet.engine;

/**
 * What a step chose, as a structure of arrays that is re-used from step to step. Rows are numbered through: segment s of
 * the plan owns {@code rows(s)} of them, after those of the segments before it.
 */
public final class StepResult {

    /** Most likeliest tokens a row can carry. */
    public static final int MAX_TOP = 20;

    final int[] rows;
    final int[] token;
    final float[] logprob;
    final int[] topToken;
    final float[] topLogprob;
    private long decodeMicros;
    private long sampleMicros;

    /** Room for the output rows of a context of these limits. */
    public StepResult(StepRunner.Limits limits) {
        rows = new int[Math.min(limits.sequences(), limits.batchTokens())];
        token = new int[limits.outputs()];
        logprob = new float[limits.outputs()];
        topToken = new int[limits.outputs() * MAX_TOP];
        topLogprob = new float[limits.outputs() * MAX_TOP];
    }

    /**
     * Sets how many rows a segment of the plan has: none, one, or where drafts were verified those that were confirmed
     * and one more.
     */
    public void setRows(int segment, int count) {
        rows[segment] = count;
    }

    /** Sets a row's token and log probability. */
    public void set(int row, int tokenId, float tokenLogprob) {
        token[row] = tokenId;
        logprob[row] = tokenLogprob;
    }

    /** Sets the likeliest token number {@code rank} (0 is the best) of a row. */
    public void setTop(int row, int rank, int tokenId, float tokenLogprob) {
        topToken[row * MAX_TOP + rank] = tokenId;
        topLogprob[row * MAX_TOP + rank] = tokenLogprob;
    }

    /** Sets the times of the whole step in microseconds. */
    public void setMicros(long decode, long sample) {
        decodeMicros = decode;
        sampleMicros = sample;
    }

    /** Number of rows of a segment of the plan. */
    public int rows(int segment) {
        return rows[segment];
    }

    public int token(int row) {
        return token[row];
    }

    public float logprob(int row) {
        return logprob[row];
    }

    public int topToken(int row, int rank) {
        return topToken[row * MAX_TOP + rank];
    }

    public float topLogprob(int row, int rank) {
        return topLogprob[row * MAX_TOP + rank];
    }

    /** Microseconds the model took. */
    public long decodeMicros() {
        return decodeMicros;
    }

    /** Microseconds the choice of tokens took. */
    public long sampleMicros() {
        return sampleMicros;
    }
}
