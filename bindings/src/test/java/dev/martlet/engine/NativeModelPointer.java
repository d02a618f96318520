package dev.martlet.engine;

import dev.martlet.model.Model;
import dev.martlet.nativelib.NativeHandle;
import java.lang.foreign.MemorySegment;

/** A model's pointer, for tests that drive the native step by hand while the model stays open. */
final class NativeModelPointer {

    private NativeModelPointer() {}

    static MemorySegment of(Model model) {
        NativeHandle handle = NativeHandle.of(model);
        MemorySegment pointer = handle.acquire();
        handle.release();
        return pointer;
    }
}
