package dev.martlet.engine;

import java.util.List;

/**
 * What tokens cost and how long answers are, learned from what was served, and the waits that follow from it. The
 * scheduler's thread writes, any thread reads; each value is an exponential average.
 */
final class Forecast {

    /** Tokens of an answer as long as none has ended; a request's own limit bounds it. */
    static final int UNKNOWN_OUTPUTS = 256;

    /** Weight of the newest value. */
    private static final double NEWEST = 1.0 / 16;

    /** A single pause, as of a collection of garbage, makes tokens seem no more than this much dearer. */
    private static final double MOST = 8;

    /** A running answer that is longer than the mean is expected to have this part of the mean to come. */
    private static final int BEYOND = 4;

    /** Nanoseconds of a prompt token that is computed; 0 = unknown. */
    private volatile double promptNanos;

    /** Nanoseconds of a token of output, as many as run together; 0 = unknown. */
    private volatile double outputNanos;

    /** Tokens of an answer; meaningful once {@link #answers} is positive. */
    private volatile double meanOutputs;

    /** Part of a prompt's tokens that is not in the cache. */
    private volatile double freshShare = 1;

    /** Until a running request makes room; 0 where there is room. */
    private volatile long nanosToRoom;

    /** Answers learned from. */
    private volatile int answers;

    /** Learns from a step. */
    void step(long prompts, long outputs, long nanos) {
        if (prompts + outputs == 0) {
            return;
        }
        double prompt = promptNanos;
        double output = outputNanos;
        if (prompt == 0 && prompts > 0) {
            promptNanos = Math.max(nanos - output * outputs, nanos / (MOST * (prompts + outputs))) / prompts;
            return;
        }
        if (output == 0 && outputs > 0) {
            // The one token behind a long prompt tells nothing about what it cost itself.
            outputNanos = prompts > MOST * outputs ? 0 : Math.max(prompt, (nanos - prompt * prompts) / outputs);
            return;
        }
        // What the step took more or less than foretold goes to both kinds by their part in it.
        double foretold = prompt * prompts + output * outputs;
        double off = NEWEST * (Math.min(MOST, nanos / foretold) - 1);
        promptNanos = prompt * (1 + off * prompt * prompts / foretold);
        outputNanos = output * (1 + off * output * outputs / foretold);
    }

    /** Learns what of a prompt had to be computed. */
    void began(int prompt, int fresh) {
        freshShare += NEWEST * ((double) fresh / prompt - freshShare);
    }

    /** Learns from the length of an answer. */
    void ended(int outputs) {
        double weight = Math.max(NEWEST, 1.0 / (answers + 1));
        meanOutputs += weight * (outputs - meanOutputs);
        answers = Math.min(answers + 1, 1_000);
    }

    /** Learns how far those that run are from making room for another. */
    void running(List<Sequence> running, boolean room) {
        if (room) {
            nanosToRoom = 0;
            return;
        }
        long prompts = 0;
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < running.size(); i++) {
            Sequence sequence = running.get(i);
            prompts += sequence.gap() - 1;
            least = Math.min(least, toCome(sequence, mean()));
        }
        nanosToRoom = (long) (promptNanos() * prompts + outputNanos() * running.size() * least);
    }

    /** Tokens of output that a request is expected to come to. */
    int outputs(GenerationRequest request) {
        return Math.min(request.maxTokens(), mean());
    }

    /**
     * Tokens of output that a request is expected to have before it, at least 1. As long as no answer has ended, nothing
     * is known and none are set aside.
     */
    int outputsToCome(Sequence sequence) {
        return answers == 0 ? 1 : toCome(sequence, mean());
    }

    private static int toCome(Sequence sequence, int mean) {
        int outputs = sequence.outputs();
        int expected = outputs < mean ? mean - outputs : mean / BEYOND;
        return Math.max(1, Math.min(expected, sequence.request.maxTokens() - outputs));
    }

    private int mean() {
        return answers == 0 ? UNKNOWN_OUTPUTS : Math.max(1, (int) Math.ceil(meanOutputs));
    }

    /** Tokens that some requests are expected to come to, prompts and answers. */
    long tokens(int requests, long prompts, long mostOutputs) {
        return prompts + Math.min(mostOutputs, (long) requests * mean());
    }

    /**
     * How long these take.
     *
     * @param prompts tokens of their prompts
     * @param mostOutputs sum of their limits of output
     * @return nanoseconds; 0 where nothing was learned yet
     */
    long workNanos(int requests, long prompts, long mostOutputs) {
        long outputs = tokens(requests, 0, mostOutputs);
        return (long) (promptNanos() * freshShare * prompts + outputNanos() * outputs);
    }

    /** Until one of those that run makes room for another, in nanoseconds; 0 where there is room or nothing was learned. */
    long nanosToRoom() {
        return nanosToRoom;
    }

    /** Nanoseconds of a prompt token that is computed; 0 = unknown. */
    double promptNanos() {
        return promptNanos;
    }

    /** Nanoseconds of a token of output, as many as run together; 0 = unknown. */
    double outputNanos() {
        return outputNanos == 0 ? promptNanos : outputNanos;
    }

    /** Tokens of an answer; 0 = unknown. */
    double meanOutputs() {
        return meanOutputs;
    }
}
