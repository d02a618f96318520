package dev.martlet.gpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.martlet.nativelib.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A library opened by dlopen(3), for good: nothing is ever unloaded. The JDK's own look-ups do the same but keep the
 * reason of a failure to themselves, and hide the symbols from libraries that come later. On Linux.
 */
@SuppressWarnings("restricted")
final class SharedLibrary {

    /** Why a library could not be opened. */
    static final class NotLoaded extends Exception {
        private static final long serialVersionUID = 1;

        NotLoaded(String reason) {
            super(reason);
        }
    }

    /** Resolve everything now, so that a missing symbol is found here and not in the middle of a call (dlfcn.h). */
    private static final int NOW = 2;

    private static final int GLOBAL = 0x100;
    private static final int LONGEST_MESSAGE = 4_096;

    private final String name;
    private final MemorySegment handle;

    private SharedLibrary(String name, MemorySegment handle) {
        this.name = name;
        this.handle = handle;
    }

    /** @param name a path, or a name for the dynamic linker to look for */
    static SharedLibrary open(String name) throws NotLoaded {
        try (Arena arena = Arena.ofConfined()) {
            // Found beforehand: a look-up in between would take the message away.
            MethodHandle open = standard("dlopen", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
            MethodHandle error = standard("dlerror", FunctionDescriptor.of(ADDRESS));
            invoke(error);
            MemorySegment handle = (MemorySegment) invoke(open, text(name, arena), NOW | GLOBAL);
            MemorySegment message = (MemorySegment) invoke(error);
            if (handle.equals(MemorySegment.NULL)) {
                throw new NotLoaded(
                        message.equals(MemorySegment.NULL)
                                ? "cannot open " + name
                                : NativeCalls.field(message.reinterpret(LONGEST_MESSAGE)));
            }
            return new SharedLibrary(name, handle);
        }
    }

    String name() {
        return name;
    }

    boolean has(String function) {
        return !symbol(function).equals(MemorySegment.NULL);
    }

    /**
     * Calls a function that returns an int.
     *
     * @param arguments of the types Integer (int), Long (a 64-bit integer) and MemorySegment (any pointer)
     * @throws IllegalArgumentException where the library has no such function
     */
    int call(String function, Object... arguments) {
        MemorySegment symbol = symbol(function);
        if (symbol.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException(name + " has no " + function);
        }
        MemoryLayout[] layouts =
                Arrays.stream(arguments).map(SharedLibrary::layout).toArray(MemoryLayout[]::new);
        return (int) invoke(
                Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, layouts)), arguments);
    }

    private static MemoryLayout layout(Object argument) {
        return switch (argument) {
            case Integer i -> JAVA_INT;
            case Long l -> JAVA_LONG;
            case MemorySegment s -> ADDRESS;
            default -> throw new IllegalArgumentException("no C type for " + argument.getClass());
        };
    }

    private MemorySegment symbol(String function) {
        try (Arena arena = Arena.ofConfined()) {
            return (MemorySegment) invoke(
                    standard("dlsym", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS)), handle, text(function, arena));
        }
    }

    static MemorySegment text(String text, Arena arena) {
        return NativeCalls.bytes((text + "\0").getBytes(StandardCharsets.UTF_8), arena);
    }

    private static MethodHandle standard(String function, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        MemorySegment address = linker.defaultLookup()
                .find(function)
                .orElseThrow(() -> new UnsupportedOperationException("no " + function + " on this system"));
        return linker.downcallHandle(address, descriptor);
    }

    private static Object invoke(MethodHandle handle, Object... arguments) {
        try {
            return handle.invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a downcall throws nothing of its own", e);
        }
    }
}
