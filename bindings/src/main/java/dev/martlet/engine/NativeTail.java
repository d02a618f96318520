package dev.martlet.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A saved tail in memory of the C library's allocator: an arena would zero these megabytes before they are written, and
 * a shared one would halt all threads to free them.
 */
final class NativeTail implements SavedTail {

    private static final MethodHandle MALLOC = function("malloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
    private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(ADDRESS));

    private final int from;
    private final int to;
    private final long bytes;

    /** NULL when it is closed. */
    private MemorySegment state;

    /** Room for the state of positions {@code from} to {@code to}; {@link #state()} is NULL where memory is short. */
    NativeTail(int from, int to, long bytes) {
        this.from = from;
        this.to = to;
        this.bytes = bytes;
        this.state = allocate(bytes);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        MemorySegment symbol = linker.defaultLookup()
                .find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
        return linker.downcallHandle(symbol, descriptor);
    }

    private static MemorySegment allocate(long bytes) {
        try {
            return (MemorySegment) MALLOC.invokeExact(bytes);
        } catch (Throwable e) {
            throw new AssertionError("malloc throws nothing", e);
        }
    }

    MemorySegment state() {
        return state;
    }

    @Override
    public int from() {
        return from;
    }

    @Override
    public int to() {
        return to;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        MemorySegment open = state;
        state = MemorySegment.NULL;
        try {
            FREE.invokeExact(open);
        } catch (Throwable e) {
            throw new AssertionError("free throws nothing", e);
        }
    }
}
