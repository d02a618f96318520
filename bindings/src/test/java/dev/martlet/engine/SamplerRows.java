package dev.martlet.engine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.model.Model;
import dev.martlet.model.ModelOptions;
import dev.martlet.nativelib.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Chooses tokens from made-up rows of logits, as a step does behind the model, without one: what sampling costs. One
 * thread uses it.
 */
public final class SamplerRows implements AutoCloseable {
    /** Rows that take turns, so that no row lies in the nearest cache by chance. */
    private static final int ROWS = 4;

    /** Tokens that stand out of a row, by this much, each less than the one before. */
    private static final int GOOD = 40;

    private static final float BEST = 18;
    private static final float LESS = 0.4f;

    private final Arena arena = Arena.ofConfined();
    private final Model model;
    private final int size;
    private final MemorySegment[] rows = new MemorySegment[ROWS];
    private final MemorySegment token = arena.allocate(JAVA_INT);
    private final MemorySegment sampler;
    private int next;

    /**
     * @param vocabulary a GGUF file; of a model only its vocabulary is read
     * @param output tokens the request has so far, for its penalties
     * @param sure whether a few tokens of a row stand out, as of a model that is mostly sure
     */
    public SamplerRows(Path vocabulary, Sampling sampling, int output, boolean sure) {
        model = Model.open(vocabulary, ModelOptions.defaults().withVocabularyOnly(true));
        size = model.vocabulary().size();
        SplittableRandom random = new SplittableRandom(1);
        for (int r = 0; r < ROWS; r++) {
            rows[r] = row(random, sure);
        }
        sampler = NativeSamplers.open(NativeModelPointer.of(model), sampling);
        if (output > 0) {
            NativeSamplers.feed(sampler, random.ints(output, 0, size).toArray(), 0, output, true);
        }
    }

    private MemorySegment row(SplittableRandom random, boolean sure) {
        MemorySegment logits = arena.allocate((long) size * Float.BYTES, Long.BYTES);
        for (int t = 0; t < size; t++) {
            logits.setAtIndex(JAVA_FLOAT, t, (float) random.nextGaussian() * (sure ? 2 : 1));
        }
        for (int i = 0; sure && i < GOOD; i++) {
            logits.setAtIndex(JAVA_FLOAT, random.nextInt(size), BEST - LESS * i);
        }
        return logits;
    }

    /** Tokens of a row. */
    public int size() {
        return size;
    }

    /** Chooses from the next row, counts the token, and returns it. */
    public int sample() {
        MemorySegment logits = rows[next++ % ROWS];
        NativeCalls.check(
                "sample",
                martlet_h.mt_sampler_sample(sampler, logits, size, MemorySegment.NULL, token, MemorySegment.NULL));
        int chosen = token.get(JAVA_INT, 0);
        NativeCalls.check("feed sampler", martlet_h.mt_sampler_feed(sampler, token, 1, martlet_h.MT_FEED_OUTPUT()));
        return chosen;
    }

    @Override
    public void close() {
        NativeSamplers.free(sampler);
        model.close();
        arena.close();
    }
}
