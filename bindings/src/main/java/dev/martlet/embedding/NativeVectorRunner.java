package dev.martlet.embedding;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_embedder_info;
import dev.martlet.ffi.mt_embedder_params;
import dev.martlet.model.Machine;
import dev.martlet.model.ModelInfo;
import dev.martlet.nativelib.NativeCalls;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The native library's embedder of a model. The model must stay open for as long as this is. */
final class NativeVectorRunner implements VectorRunner {

    /** Memory for the rows of a batch that llama.cpp keeps, each as wide as the vocabulary. */
    private static final int ROW_BYTES = 32 << 20;

    private static final int LEAST_BATCH = 32;
    private static final int MOST_BATCH = 512;
    private static final int SEQUENCES = 64;

    /** Sequences of a model in which each has a state of its own, however short. */
    private static final int RECURRENT_SEQUENCES = 4;

    /** Idle workers sleep between graphs: the engine's may be computing. */
    private static final int THREADPOOL_POLL = 0;

    private final MemorySegment model;
    private final boolean normalize;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment params;
    private final Limits limits;

    /** Written by the embedder's thread; {@link #abort()} reads it. NULL after a failure that nothing can use it after. */
    private volatile MemorySegment embedder = MemorySegment.NULL;

    /** @throws NativeException when it cannot be opened, e.g. since the model gives no vectors */
    NativeVectorRunner(MemorySegment model, ModelInfo info, EmbedderOptions options) {
        this.model = model;
        this.normalize = options.normalize();
        try {
            params = params(info, options);
            embedder = open();
            MemorySegment block = mt_embedder_info.allocate(arena);
            mt_embedder_info.struct_size(block, (int) mt_embedder_info.layout().byteSize());
            NativeCalls.check("read embedder info", martlet_h.mt_embedder_get_info(embedder, block));
            limits = new Limits(
                    Pooling.of(mt_embedder_info.pooling(block)),
                    mt_embedder_info.dimensions(block),
                    mt_embedder_info.max_tokens(block),
                    info.vocabularySize());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private MemorySegment params(ModelInfo info, EmbedderOptions options) {
        int byVocabulary =
                Math.clamp(ROW_BYTES / Float.BYTES / Math.max(1, info.vocabularySize()), LEAST_BATCH, MOST_BATCH);
        MemorySegment block = mt_embedder_params.allocate(arena);
        mt_embedder_params.struct_size(block, (int) mt_embedder_params.layout().byteSize());
        mt_embedder_params.pooling(block, options.pooling().code());
        mt_embedder_params.max_tokens(block, options.maxTokens());
        mt_embedder_params.batch_tokens(block, options.batchTokens() > 0 ? options.batchTokens() : byVocabulary);
        mt_embedder_params.max_sequences(block, info.recurrent() || info.hybrid() ? RECURRENT_SEQUENCES : SEQUENCES);
        mt_embedder_params.n_threads(
                block,
                options.threads() > 0 ? options.threads() : Machine.current().cores());
        mt_embedder_params.flash_attention(block, -1);
        mt_embedder_params.threadpool_poll(block, THREADPOOL_POLL);
        return block;
    }

    private MemorySegment open() {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment out = local.allocate(ADDRESS);
            NativeCalls.check("open embedder", martlet_h.mt_embedder_open(model, params, out));
            return out.get(ADDRESS, 0);
        }
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public List<float[]> run(List<int[]> sequences) {
        if (embedder.equals(MemorySegment.NULL)) {
            embedder = open();
        }
        try (Arena local = Arena.ofConfined()) {
            int n = sequences.size();
            int width = limits.dimensions();
            MemorySegment counts = local.allocate((long) n * Integer.BYTES, Integer.BYTES);
            MemorySegment tokens = tokens(sequences, counts, local);
            long floats = (long) n * width;
            MemorySegment out = local.allocate(floats * Float.BYTES, Float.BYTES);
            MemorySegment needed = local.allocate(Long.BYTES, Long.BYTES);
            int code = martlet_h.mt_embed(embedder, tokens, counts, n, normalize ? 1 : 0, out, floats, needed);
            if (code != martlet_h.MT_OK()) {
                throw failed(NativeCalls.failure("embed " + n + " sequences", code));
            }
            List<float[]> vectors = new ArrayList<>(n);
            for (int i = 0; i < n; i++) {
                float[] vector = new float[width];
                MemorySegment.copy(out, JAVA_FLOAT, (long) i * width * Float.BYTES, vector, 0, width);
                vectors.add(vector);
            }
            return vectors;
        }
    }

    private static MemorySegment tokens(List<int[]> sequences, MemorySegment counts, Arena arena) {
        long total = sequences.stream().mapToLong(sequence -> sequence.length).sum();
        MemorySegment tokens = arena.allocate(total * Integer.BYTES, Integer.BYTES);
        long at = 0;
        for (int i = 0; i < sequences.size(); i++) {
            int[] sequence = sequences.get(i);
            counts.setAtIndex(JAVA_INT, i, sequence.length);
            MemorySegment.copy(sequence, 0, tokens, JAVA_INT, at, sequence.length);
            at += (long) sequence.length * Integer.BYTES;
        }
        return tokens;
    }

    /** One that failed inside a kernel is of no more use. */
    private NativeException failed(NativeException failure) {
        if (failure.status() == Status.POISONED) {
            closeEmbedder();
        }
        return failure;
    }

    @Override
    public void abort() {
        MemorySegment running = embedder;
        if (!running.equals(MemorySegment.NULL)) {
            // One that is closed meanwhile refuses, which is as good.
            martlet_h.mt_embedder_abort(running);
        }
    }

    @Override
    public void close() {
        try {
            closeEmbedder();
        } finally {
            arena.close();
        }
    }

    private void closeEmbedder() {
        MemorySegment open = embedder;
        embedder = MemorySegment.NULL;
        if (!open.equals(MemorySegment.NULL)) {
            NativeCalls.check("close embedder", martlet_h.mt_embedder_close(open));
        }
    }
}
