package dev.martlet.model;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.nativelib.NativeCalls;
import dev.martlet.nativelib.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The model's tokenizer in the native library. */
final class NativeTokenizer implements Tokenizer {

    /** Characters from which a native call takes long enough to matter to the other virtual threads of its carrier. */
    private static final int LONG_TEXT = 4_000;

    /** Tokens there is room for without a look at the text. */
    private static final int SPARE = 16;

    /** Shared by all models: where virtual threads have long texts done. */
    private static final ExecutorService POOL = Executors.newFixedThreadPool(2, task -> {
        Thread thread = new Thread(task, "martlet-tokenizer");
        thread.setDaemon(true);
        return thread;
    });

    private final NativeHandle model;

    NativeTokenizer(NativeHandle model) {
        this.model = model;
    }

    @Override
    public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
        int flags = (addSpecial ? martlet_h.MT_TOKENIZE_ADD_SPECIAL() : 0)
                | (parseSpecial ? martlet_h.MT_TOKENIZE_PARSE_SPECIAL() : 0);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < LONG_TEXT || !Thread.currentThread().isVirtual()) {
            return encode(bytes, flags);
        }
        try {
            return CompletableFuture.supplyAsync(() -> encode(bytes, flags), POOL)
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private int[] encode(byte[] bytes, int flags) {
        MemorySegment pointer = model.acquire();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = NativeCalls.bytes(bytes, arena);
            MemorySegment needed = arena.allocate(JAVA_INT);
            int capacity = bytes.length / 2 + SPARE;
            MemorySegment tokens = allocate(arena, capacity);
            int code = martlet_h.mt_tokenize(pointer, text, bytes.length, flags, tokens, capacity, needed);
            if (code == martlet_h.MT_ERR_BUFFER()) {
                capacity = needed.get(JAVA_INT, 0);
                tokens = allocate(arena, capacity);
                code = martlet_h.mt_tokenize(pointer, text, bytes.length, flags, tokens, capacity, needed);
            }
            NativeCalls.check("tokenize", code);
            int[] result = new int[needed.get(JAVA_INT, 0)];
            MemorySegment.copy(tokens, JAVA_INT, 0, result, 0, result.length);
            return result;
        } finally {
            model.release();
        }
    }

    private static MemorySegment allocate(Arena arena, int ints) {
        return arena.allocate((long) ints * Integer.BYTES, Integer.BYTES);
    }
}
