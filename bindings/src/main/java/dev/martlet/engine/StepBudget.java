package dev.martlet.engine;

/**
 * How many prompt tokens a step may take, so that requests which are streaming do not wait longer than intended for
 * their next token. What prompt tokens and a step of streaming requests cost is learned from the steps themselves. Only
 * the scheduler's thread uses it.
 */
final class StepBudget {

    /** Fewer prompt tokens than this a step does not take: each step has a cost of its own. */
    static final int LEAST = 16;

    /** Rows that kernels compute at once: a prompt's share is cut to whole multiples, where it is as large. */
    static final int TILE = 64;

    /** Steps with fewer prompt tokens tell little about the cost of one. */
    private static final int TELLING = 16;

    /** Weight of the newest step. */
    private static final double NEWEST = 0.25;

    private final int batchTokens;
    private final double targetMicros;

    /** 0 until the first telling step. */
    private double microsPerToken;

    /** Of a step that has only rows of streaming requests; 0 until the first. */
    private double streamingMicros;

    /**
     * @param stepMillis longest pause of requests that are streaming; 0 = no bound
     */
    StepBudget(int batchTokens, int stepMillis) {
        this.batchTokens = batchTokens;
        this.targetMicros = stepMillis * 1_000.0;
    }

    /** Most tokens of prompts for the next step; {@code streaming} is the number of requests that wait for it. */
    int promptTokens(int streaming) {
        if (streaming == 0 || targetMicros == 0) {
            return batchTokens;
        }
        if (microsPerToken == 0) {
            return Math.min(batchTokens, LEAST);
        }
        double affordable = (targetMicros - streamingMicros) / microsPerToken;
        int tokens = (int) Math.max(Math.min(LEAST, batchTokens), Math.min(batchTokens, affordable));
        return tokens < TILE ? tokens : tokens - tokens % TILE;
    }

    /** Learns from a step. */
    void observe(int promptTokens, int streaming, long micros) {
        if (promptTokens == 0) {
            streamingMicros = learn(streamingMicros, micros);
        } else if (promptTokens >= TELLING) {
            double prompts = streaming == 0 ? micros : Math.max(0, micros - streamingMicros);
            microsPerToken = learn(microsPerToken, prompts / promptTokens);
        }
    }

    /** Microseconds that a token of a prompt takes; 0 before the first telling step. */
    double tokenMicros() {
        return microsPerToken;
    }

    private static double learn(double before, double now) {
        return before == 0 ? now : before + NEWEST * (now - before);
    }
}
