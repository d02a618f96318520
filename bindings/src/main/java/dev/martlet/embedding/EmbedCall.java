package dev.martlet.embedding;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One call of a user: sequences of which some may have been taken and some answered. */
final class EmbedCall {

    /** Its answer; whoever cancels it takes the call back. */
    final CompletableFuture<List<float[]>> answer = new CompletableFuture<>();

    private final List<int[]> sequences;
    private final float[][] vectors;

    /** Sequences taken so far. Guarded by the queue's lock. */
    private int taken;

    /** Tokens of those not taken. Guarded by the queue's lock. */
    private long tokensLeft;

    /** Sequences without a vector. Only the embedder's thread uses it. */
    private int missing;

    EmbedCall(List<int[]> sequences) {
        this.sequences = sequences;
        this.vectors = new float[sequences.size()][];
        this.missing = sequences.size();
        this.tokensLeft =
                sequences.stream().mapToLong(sequence -> sequence.length).sum();
    }

    /** Tokens of the sequences that wait. */
    long tokensLeft() {
        return tokensLeft;
    }

    boolean allTaken() {
        return taken == sequences.size();
    }

    /** Tokens of the next sequence. */
    int nextLength() {
        return sequences.get(taken).length;
    }

    /** Takes the next sequence. */
    Row take() {
        Row row = new Row(this, taken, sequences.get(taken));
        tokensLeft -= row.tokens().length;
        taken++;
        return row;
    }

    /** A sequence that is being computed. */
    record Row(EmbedCall call, int index, int[] tokens) {

        /** Gives the call this sequence's vector. */
        void answer(float[] vector) {
            call.vectors[index] = vector;
            if (--call.missing == 0) {
                call.answer.complete(Arrays.asList(call.vectors));
            }
        }
    }
}
