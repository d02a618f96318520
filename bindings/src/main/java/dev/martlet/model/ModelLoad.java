package dev.martlet.model;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_model_params;
import dev.martlet.nativelib.NativeCalls;
import dev.martlet.nativelib.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Opens a model on a thread of its own, while the caller watches: the caller may be a virtual thread, whose carrier a
 * long native call would take away, and the progress and cancel cells need somebody to poll them.
 */
final class ModelLoad {

    private static final long POLL_MILLIS = 50;

    private ModelLoad() {}

    static MemorySegment open(Path file, ModelOptions options) {
        NativeLibrary.ensureLoaded();
        try (Arena arena = Arena.ofShared()) {
            MemorySegment progress = arena.allocate(JAVA_INT);
            MemorySegment cancel = arena.allocate(JAVA_INT);
            MemorySegment params = params(arena, options, progress, cancel);
            byte[] path = file.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
            MemorySegment name = NativeCalls.bytes(path, arena);
            MemorySegment out = arena.allocate(ADDRESS);
            FutureTask<MemorySegment> load = new FutureTask<>(() -> {
                NativeCalls.check("open model", martlet_h.mt_model_open(name, path.length, params, out));
                return out.get(ADDRESS, 0);
            });
            Thread thread = new Thread(load, "martlet-load");
            thread.setDaemon(true);
            thread.start();
            return watch(load, options.listener(), progress, cancel);
        }
    }

    private static MemorySegment params(
            Arena arena, ModelOptions options, MemorySegment progress, MemorySegment cancel) {
        MemorySegment params = mt_model_params.allocate(arena);
        mt_model_params.struct_size(params, (int) mt_model_params.layout().byteSize());
        mt_model_params.gpu_layers(params, options.gpuLayers());
        mt_model_params.use_mmap(params, options.mmap() ? 1 : 0);
        mt_model_params.use_mlock(params, options.mlock() ? 1 : 0);
        mt_model_params.vocab_only(params, options.vocabularyOnly() ? 1 : 0);
        mt_model_params.check_tensors(params, options.checkTensors() ? 1 : 0);
        mt_model_params.progress_permille(params, progress);
        mt_model_params.cancel(params, cancel);
        split(arena, options.split(), params);
        return params;
    }

    private static void split(Arena arena, GpuSplit split, MemorySegment params) {
        int count = split.shares().size();
        MemorySegment shares =
                count == 0 ? MemorySegment.NULL : arena.allocate((long) count * Float.BYTES, Float.BYTES);
        for (int i = 0; i < count; i++) {
            shares.set(JAVA_FLOAT, (long) i * Float.BYTES, split.shares().get(i));
        }
        mt_model_params.tensor_split(params, shares);
        mt_model_params.tensor_split_count(params, count);
        mt_model_params.main_gpu(params, split.mainGpu());
        mt_model_params.split_mode(
                params,
                switch (split.mode()) {
                    case LAYER -> martlet_h.MT_SPLIT_LAYER();
                    case NONE -> martlet_h.MT_SPLIT_NONE();
                    case ROW -> martlet_h.MT_SPLIT_ROW();
                });
    }

    /** Returns or throws only when the load has ended: it uses the caller's memory. */
    private static MemorySegment watch(
            FutureTask<MemorySegment> load, LoadListener listener, MemorySegment progress, MemorySegment cancel) {
        boolean interrupted = false;
        RuntimeException refused = null;
        try {
            while (true) {
                try {
                    MemorySegment model = load.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
                    refused = refused == null ? tell(listener, 1, cancel) : refused;
                    if (refused == null) {
                        return model;
                    }
                    martlet_h.mt_model_close(model);
                    throw refused;
                } catch (TimeoutException e) {
                    if (refused == null) {
                        refused = tell(listener, progress.get(JAVA_INT, 0) / 1000.0, cancel);
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                    cancel.set(JAVA_INT, 0, 1);
                } catch (ExecutionException e) {
                    throw refused == null ? cause(e) : refused;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What the listener threw, or null; either that or its "no" sets the cancel cell. */
    private static RuntimeException tell(LoadListener listener, double fraction, MemorySegment cancel) {
        try {
            if (!listener.loaded(fraction)) {
                cancel.set(JAVA_INT, 0, 1);
            }
            return null;
        } catch (RuntimeException e) {
            cancel.set(JAVA_INT, 0, 1);
            return e;
        }
    }

    private static RuntimeException cause(ExecutionException failure) {
        return switch (failure.getCause()) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            case Throwable e -> new IllegalStateException(e);
        };
    }
}
