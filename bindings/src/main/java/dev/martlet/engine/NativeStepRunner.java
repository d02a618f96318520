package dev.martlet.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_context_info;
import dev.martlet.ffi.mt_context_params;
import dev.martlet.memory.CacheTypes;
import dev.martlet.memory.MemoryUse;
import dev.martlet.memory.NativeMemory;
import dev.martlet.model.ModelInfo;
import dev.martlet.nativelib.NativeCalls;
import dev.martlet.nativelib.NativeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** The native step over a context of a model. The model must stay open for as long as this is. */
final class NativeStepRunner implements StepRunner {

    /** Held prefixes of a model whose every sequence has a state of its own, however short. */
    private static final int RECURRENT_PREFIXES = 4;

    /**
     * On a CPU, llama.cpp's own kernel computes attention of 64 and more rows in tiles of 64 rows by 64 cells. A tile with
     * one row of a streaming request costs as much as a full one, and there is one for each 64 cells of each of them. A
     * step more costs reading the weights once more. Both were measured to be equal at about this share of the hidden
     * state's width.
     */
    private static final int MIXED_SHARE = 3;

    /** llama.cpp still writes a mask of all used cells for every row: from about here on that costs a tenth of a step. */
    private static final int CHEAP_CELLS = 8_192;

    /** Idle workers spin between the graphs of a step; fastest in every measurement. */
    private static final int THREADPOOL_POLL = 100;

    private final MemorySegment model;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment params;
    private final MemorySegment info;
    private final CacheTypes cacheTypes;
    private final List<MemoryUse> memory;
    private final Limits limits;
    private final StepBlock block;
    private final boolean drafts;

    /** Written by the engine's thread; {@link #abort()} reads it. The library refuses a handle that was closed. */
    private volatile MemorySegment context = MemorySegment.NULL;

    /** Cells that calls write their answers to. */
    private final MemorySegment bytes = arena.allocate(Long.BYTES, Long.BYTES);

    private final MemorySegment length = arena.allocate(Integer.BYTES, Integer.BYTES);
    private String failure = "";

    /**
     * Opens a context.
     *
     * @param options with threads and context chosen
     * @throws NativeException when that fails, e.g. for lack of memory
     */
    NativeStepRunner(MemorySegment model, ModelInfo modelInfo, EngineOptions options) {
        this.model = model;
        this.cacheTypes = options.cacheTypes();
        try {
            params = params(modelInfo, options);
            info = mt_context_info.allocate(arena);
            mt_context_info.struct_size(info, (int) mt_context_info.layout().byteSize());
            context = openContext();
            NativeCalls.check("read context info", martlet_h.mt_context_get_info(context, info));
            memory = NativeMemory.ofContext(context.address());
            boolean onCpu = memory.stream().allMatch(MemoryUse::host);
            boolean masksCost = onCpu && mt_context_info.skips_masked(info) == 0;
            limits = new Limits(
                    mt_context_info.n_ctx(info),
                    sequenceTokens(modelInfo),
                    mt_context_info.n_batch(info),
                    mt_context_info.n_seq_max(info),
                    mt_context_info.n_outputs_max(info),
                    mt_context_info.can_trim(info) != 0,
                    modelInfo.vocabularySize(),
                    masksCost ? modelInfo.embedding() / MIXED_SHARE : Integer.MAX_VALUE,
                    masksCost ? 0 : onCpu ? CHEAP_CELLS : Integer.MAX_VALUE);
            block = new StepBlock(arena, limits);
            drafts = options.drafts() > 0 && limits.partialPrefix();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private MemorySegment params(ModelInfo modelInfo, EngineOptions options) {
        boolean stateful = modelInfo.recurrent() || modelInfo.hybrid();
        int sequences = stateful
                ? Math.min(options.sequenceIds(), options.maxSequences() + RECURRENT_PREFIXES)
                : options.sequenceIds();
        MemorySegment block = mt_context_params.allocate(arena);
        mt_context_params.struct_size(block, (int) mt_context_params.layout().byteSize());
        mt_context_params.n_ctx(block, options.contextTokens());
        mt_context_params.n_batch(block, options.batchTokens());
        mt_context_params.n_seq_max(block, sequences);
        mt_context_params.n_outputs_max(block, options.outputRows());
        mt_context_params.n_threads(block, options.threads());
        mt_context_params.n_threads_batch(block, options.threads());
        mt_context_params.flash_attention(
                block,
                switch (options.flashAttention()) {
                    case AUTO -> -1;
                    case OFF -> 0;
                    case ON -> 1;
                });
        mt_context_params.kv_unified(block, 1);
        mt_context_params.type_k(block, options.cacheTypes().keys().number());
        mt_context_params.type_v(block, options.cacheTypes().values().number());
        mt_context_params.offload_kqv(block, 1);
        mt_context_params.threadpool_poll(block, THREADPOOL_POLL);
        return block;
    }

    private MemorySegment openContext() {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment out = local.allocate(ADDRESS);
            NativeCalls.check("open context", martlet_h.mt_context_open(model, params, out));
            return out.get(ADDRESS, 0);
        }
    }

    /** The cells are shared, so that there may be more of them than one request may use. */
    private int sequenceTokens(ModelInfo modelInfo) {
        int cells = mt_context_info.n_ctx_seq(info);
        return modelInfo.trainedContext() > 0 ? Math.min(cells, modelInfo.trainedContext()) : cells;
    }

    /** What the context was opened with. */
    EngineSetup setup() {
        return new EngineSetup(
                mt_context_info.n_threads(info),
                limits.contextTokens(),
                limits.sequenceTokens(),
                cacheTypes,
                mt_context_info.kv_bytes(info),
                drafts,
                memory);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public StepStatus step(StepPlan plan, StepResult result) {
        int code = block.run(context, plan, result);
        if (code == martlet_h.MT_OK()) {
            return StepStatus.OK;
        }
        if (code == martlet_h.MT_ERR_NO_SPACE()) {
            return StepStatus.NO_SPACE;
        }
        if (code == martlet_h.MT_ERR_ABORTED()) {
            return StepStatus.ABORTED;
        }
        failure = NativeCalls.failure(plan.toString(), code).getMessage();
        return StepStatus.FAILED;
    }

    @Override
    public String failure() {
        return failure;
    }

    @Override
    public void fork(int source, int target, int length) {
        check("fork sequence", martlet_h.mt_sequence_fork(context, source, target, length));
    }

    @Override
    public void trim(int sequence, int length) {
        check("trim sequence", martlet_h.mt_sequence_trim(context, sequence, length));
    }

    @Override
    public long stateBytes(int sequence, int from) {
        int code = martlet_h.mt_sequence_state_size(context, sequence, from, bytes);
        if (code == martlet_h.MT_ERR_UNSUPPORTED()) {
            return Long.MAX_VALUE;
        }
        check("size state", code);
        return bytes.get(JAVA_LONG, 0);
    }

    @Override
    public Optional<SavedTail> save(int sequence, int from) {
        check("read length", martlet_h.mt_sequence_length(context, sequence, length));
        NativeTail tail = new NativeTail(from, length.get(JAVA_INT, 0), stateBytes(sequence, from));
        if (tail.state().equals(MemorySegment.NULL)) {
            return Optional.empty();
        }
        try {
            check("save state", martlet_h.mt_sequence_save(context, sequence, from, tail.state(), tail.bytes(), bytes));
            return Optional.of(tail);
        } catch (EngineException e) {
            tail.close();
            throw e;
        }
    }

    @Override
    public boolean load(int sequence, SavedTail tail) {
        int code = martlet_h.mt_sequence_load(context, sequence, ((NativeTail) tail).state(), tail.bytes());
        if (code == martlet_h.MT_ERR_NO_SPACE()) {
            return false;
        }
        check("load state", code);
        return true;
    }

    @Override
    public int usedCells() {
        check("read context info", martlet_h.mt_context_get_info(context, info));
        return mt_context_info.used_cells(info);
    }

    @Override
    public long newSampler(Sampling sampling) {
        return NativeSamplers.open(model, sampling).address();
    }

    @Override
    public void feed(long sampler, int[] tokens, int from, int to, boolean output) {
        NativeSamplers.feed(MemorySegment.ofAddress(sampler), tokens, from, to, output);
    }

    @Override
    public void freeSampler(long sampler) {
        NativeSamplers.free(MemorySegment.ofAddress(sampler));
    }

    @Override
    public void recreate() {
        closeContext();
        try {
            context = openContext();
        } catch (NativeException e) {
            throw new EngineException(EngineException.Kind.NATIVE, e.getMessage(), e);
        }
    }

    @Override
    public void abort() {
        MemorySegment running = context;
        if (!running.equals(MemorySegment.NULL)) {
            // A context that is closed meanwhile refuses, which is as good.
            martlet_h.mt_abort(running);
        }
    }

    @Override
    public void close() {
        try {
            closeContext();
        } finally {
            arena.close();
        }
    }

    private void closeContext() {
        MemorySegment open = context;
        context = MemorySegment.NULL;
        if (!open.equals(MemorySegment.NULL)) {
            check("close context", martlet_h.mt_context_close(open));
        }
    }

    /** Turns a failed call into what the scheduler knows. */
    static void check(String operation, int code) {
        if (code != martlet_h.MT_OK()) {
            NativeException cause = NativeCalls.failure(operation, code);
            throw new EngineException(EngineException.Kind.NATIVE, cause.getMessage(), cause);
        }
    }
}
