package dev.martlet.engine;

import dev.martlet.model.Vocabulary;

/**
 * Decides which requests get drafts, and how many. A row that verifies a draft costs nearly what a prompt's token does,
 * and an accepted one saves its request the share of a step: that pays while few requests stream, since their steps are
 * bound by reading the weights. What either is worth here is learned from the steps. Only the scheduler's thread uses it.
 *
 * <p>Drafts never change what a request gets: the rows are sampled one by one as without them. A request with a
 * constraint gets none, because each of its rows would need a mask of its own, and masks are found between the steps, behind
 * the token that was really sampled.
 */
final class Drafter {

    /** Where fewer drafts than this come true there are none, whatever they cost. */
    static final double LEAST_ACCEPTANCE = 0.3;

    private final Vocabulary vocabulary;
    private final int sequenceTokens;

    /** Most drafts for one request in a step; 0 = off. */
    private final int most;

    /** Most of them where the client foretold them. */
    private final int mostPromised;

    private final RowCost cost = new RowCost();
    private final int[] tokens;

    Drafter(StepRunner.Limits limits, Vocabulary vocabulary, int most) {
        this.vocabulary = vocabulary;
        this.sequenceTokens = limits.sequenceTokens();
        this.most = limits.partialPrefix() ? most : 0;
        this.mostPromised = this.most == 0 ? 0 : EngineOptions.MOST_DRAFTS;
        this.tokens = new int[mostPromised];
    }

    /**
     * Drafts what may follow a sequence's last token, which is the only one that it has yet to see.
     *
     * @param streams requests that stream in the step
     * @param room most drafts that still fit into it
     * @return how many; 0 where none are worth it
     */
    int draft(Sequence sequence, int streams, int room) {
        if (most == 0 || sequence.constraint != null) {
            return 0;
        }
        if (sequence.drafts == null) {
            sequence.drafts = new Drafts();
        }
        if (!sequence.drafts.find(sequence)) {
            return 0;
        }
        int count = worth(sequence.drafts, streams);
        // The row behind the last draft gives a token more; the last of all is never fed.
        count = Math.min(count, sequence.request.maxTokens() - sequence.outputs() - 1);
        count = Math.min(count, sequenceTokens - sequence.size);
        return upToStop(sequence.request, sequence.drafts.copy(tokens, Math.min(count, room)));
    }

    /** How many drafts pay: each only counts if all before it come true. */
    private int worth(Drafts drafts, int streams) {
        double acceptance = drafts.acceptance();
        int mostNow = drafts.promised() ? mostPromised : most;
        double saved = cost.step(streams) / streams;
        double chance = acceptance;
        int count = 0;
        while (acceptance >= LEAST_ACCEPTANCE && count < mostNow && chance * saved > cost.row()) {
            chance *= acceptance;
            count++;
        }
        return count;
    }

    /** An answer's end is left to be sampled by itself, so that there is nothing behind it to take back. */
    private int upToStop(GenerationRequest request, int count) {
        int before = 0;
        while (before < count && !isStop(request, tokens[before])) {
            before++;
        }
        return before;
    }

    private boolean isStop(GenerationRequest request, int token) {
        return vocabulary.isEndOfGeneration(token)
                || !request.stopTokens().isEmpty() && request.stopTokens().contains(token);
    }

    /** What was drafted last; the next call writes over it. */
    int[] tokens() {
        return tokens;
    }

    /**
     * Learns what a step without prompts cost.
     *
     * @param promptToken microseconds that a token of a prompt takes
     */
    void observe(int rows, long micros, double promptToken) {
        if (most > 0) {
            cost.observe(rows, micros, promptToken);
        }
    }
}
