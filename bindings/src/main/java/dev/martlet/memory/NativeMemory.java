package dev.martlet.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_memory;
import dev.martlet.nativelib.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Reads the native library's account of memory. */
public final class NativeMemory {

    private NativeMemory() {}

    /** A function of the native library that gives entries out. */
    @FunctionalInterface
    interface Account {
        /** @return its code */
        int read(MemorySegment out, int capacity, MemorySegment needed);
    }

    /**
     * What an open context and its model take.
     *
     * @param context address of the native library's handle
     * @return the host's part, then that of each GPU in use
     */
    public static List<MemoryUse> ofContext(long context) {
        MemorySegment handle = MemorySegment.ofAddress(context);
        return read((out, capacity, needed) -> martlet_h.mt_context_memory(handle, out, capacity, needed));
    }

    /** All entries, the host's first. */
    static List<MemoryUse> read(Account account) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment needed = arena.allocate(Integer.BYTES, Integer.BYTES);
            int code = account.read(MemorySegment.NULL, 0, needed);
            if (code != martlet_h.MT_ERR_BUFFER()) {
                NativeCalls.check("account for memory", code);
            }
            int count = needed.get(JAVA_INT, 0);
            long size = mt_memory.layout().byteSize();
            MemorySegment out = arena.allocate(count * size, Long.BYTES);
            NativeCalls.check("account for memory", account.read(out, count, needed));
            List<MemoryUse> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                MemorySegment entry = out.asSlice(i * size, size);
                all.add(new MemoryUse(
                        NativeCalls.field(mt_memory.device(entry)),
                        mt_memory.host(entry) != 0,
                        mt_memory.weights(entry),
                        mt_memory.cache(entry),
                        mt_memory.compute(entry)));
            }
            return List.copyOf(all);
        }
    }
}
