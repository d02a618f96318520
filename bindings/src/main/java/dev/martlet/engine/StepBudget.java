package dev.martlet.engine;

/**
 * How many prompt tokens a step may take, so that requests which are streaming do not wait longer than intended for
 * their next token. The cost of a prompt token is measured from the steps themselves. Only the scheduler's thread uses
 * it.
 */
final class StepBudget {

    /** Fewer prompt tokens than this a step does not take: each step has a cost of its own. */
    static final int LEAST = 16;

    /** Steps with fewer tokens tell little about the cost of one. */
    private static final int TELLING = 16;

    /** Weight of the newest step. */
    private static final double NEWEST = 0.25;

    private final int batchTokens;
    private final double targetMicros;

    /** 0 until the first telling step. */
    private double microsPerToken;

    /**
     * @param stepMillis longest step while requests are streaming; 0 = no bound
     */
    StepBudget(int batchTokens, int stepMillis) {
        this.batchTokens = batchTokens;
        this.targetMicros = stepMillis * 1_000.0;
    }

    /** Most tokens of prompts for the next step; {@code streaming} is the number of requests it gives a token to. */
    int promptTokens(int streaming) {
        if (streaming == 0 || targetMicros == 0) {
            return batchTokens;
        }
        if (microsPerToken == 0) {
            return Math.min(batchTokens, LEAST);
        }
        double affordable = targetMicros / microsPerToken - streaming;
        return (int) Math.max(Math.min(LEAST, batchTokens), Math.min(batchTokens, affordable));
    }

    /** Learns from a step. */
    void observe(int tokens, long micros) {
        if (tokens >= TELLING) {
            double cost = (double) micros / tokens;
            microsPerToken = microsPerToken == 0 ? cost : microsPerToken + NEWEST * (cost - microsPerToken);
        }
    }
}
