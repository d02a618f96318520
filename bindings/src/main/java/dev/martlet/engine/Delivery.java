package dev.martlet.engine;

import dev.martlet.engine.Counters.Counter;
import dev.martlet.model.Vocabulary;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes what a step chose a part of the requests' output: appends tokens, tells the readers, and says where a generation
 * ends. Only the scheduler's thread uses it.
 */
final class Delivery {

    private static final int[] NO_TOKENS = {};
    private static final float[] NO_LOGPROBS = {};

    private final Vocabulary vocabulary;
    private final int sequenceTokens;
    private final StepResult result;
    private final Counters counters;
    private final EngineObserver observer;

    Delivery(
            Vocabulary vocabulary,
            StepRunner.Limits limits,
            StepResult result,
            Counters counters,
            EngineObserver observer) {
        this.vocabulary = vocabulary;
        this.sequenceTokens = limits.sequenceTokens();
        this.result = result;
        this.counters = counters;
        this.observer = observer;
    }

    /** Tells the first token of a prompt that is to be scored, which no row says anything of. */
    void begin(Sequence sequence) {
        if (sequence.scored == 0 && sequence.isScoring()) {
            sequence.scored = 1;
            TokenEvent.Token first = new TokenEvent.Token(sequence.tokens[0], Float.NaN, NO_TOKENS, NO_LOGPROBS);
            sequence.stream.tell(new TokenEvent.Scores(List.of(first), !sequence.isScoring()));
        }
    }

    /** Tells what rows say of the next tokens of a prompt. */
    void score(Sequence sequence, int row, int count) {
        if (count == 0) {
            return;
        }
        List<TokenEvent.Token> tokens = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tokens.add(event(sequence.request, row + i, result.token(row + i), 0));
        }
        sequence.scored += count;
        sequence.stream.tell(new TokenEvent.Scores(tokens, !sequence.isScoring()));
    }

    /**
     * Takes the rows of a sequence's segment one after another, which its model has seen up to the last of them, until
     * one ends it.
     *
     * @param row the first of its rows
     * @param rows how many there are, at least 1
     * @param drafted how many drafts there were
     * @return why it ended, or null
     */
    FinishReason accept(Sequence sequence, int row, int rows, int drafted) {
        int at = sequence.size;
        FinishReason reason = null;
        int taken = 0;
        while (taken < rows && reason == null) {
            reason = accept(sequence, row + taken++);
        }
        int accepted = Math.min(taken, rows - 1);
        counters.add(Counter.DRAFTS_ACCEPTED, accepted);
        counters.add(Counter.DRAFTS_REJECTED, drafted - accepted);
        if (sequence.drafts != null) {
            sequence.drafts.learn(drafted, rows, result.token(row), at);
        }
        return reason;
    }

    /** Takes a row's token as the sequence's next; returns why it ended, or null. */
    private FinishReason accept(Sequence sequence, int row) {
        GenerationRequest request = sequence.request;
        int token = result.token(row);
        if (token < 0) {
            return FinishReason.ERROR;
        }
        boolean endToken = vocabulary.isEndOfGeneration(token)
                && !(request.ignoreEndOfGeneration() && sequence.constraint == null);
        boolean stopToken = !request.stopTokens().isEmpty()
                && request.stopTokens().contains(token)
                && sequence.outputs() >= request.sampling().minTokens();
        if (endToken || stopToken) {
            return FinishReason.STOP;
        }
        FinishReason reason = tell(sequence, event(request, row, token, sequence.append(token)));
        if (reason == null && sequence.constraint != null) {
            sequence.constraint.accept(token);
        }
        return reason;
    }

    /** Appends a token that no row chose; returns why the sequence ended, or null. */
    FinishReason append(Sequence sequence, int token) {
        return tell(sequence, new TokenEvent.Token(token, 0, NO_TOKENS, NO_LOGPROBS, sequence.append(token)));
    }

    private FinishReason tell(Sequence sequence, TokenEvent.Token token) {
        observer.token(sequence);
        counters.add(Counter.DECODE_TOKENS, 1);
        if (!sequence.stream.offer(token)) {
            return FinishReason.CANCELLED;
        }
        boolean full = sequence.size > sequenceTokens;
        return full || sequence.outputs() == sequence.request.maxTokens() ? FinishReason.LENGTH : null;
    }

    private TokenEvent.Token event(GenerationRequest request, int row, int token, int predicted) {
        int wanted = request.topLogprobs();
        if (wanted < 1) {
            return new TokenEvent.Token(token, wanted < 0 ? 0 : result.logprob(row), NO_TOKENS, NO_LOGPROBS, predicted);
        }
        int count = 0;
        while (count < wanted && result.topToken(row, count) >= 0) {
            count++;
        }
        int[] tokens = new int[count];
        float[] logprobs = new float[count];
        for (int rank = 0; rank < count; rank++) {
            tokens[rank] = result.topToken(row, rank);
            logprobs[rank] = result.topLogprob(row, rank);
        }
        return new TokenEvent.Token(token, result.logprob(row), tokens, logprobs, predicted);
    }
}
