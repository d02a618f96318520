package dev.martlet.nativelib;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** The conventions that all functions of martlet.h share: codes, texts in, texts out. */
public final class NativeCalls {

    private static final int FIRST_TRY = 4_096;

    private NativeCalls() {}

    /** A function that writes a text to the caller's buffer. */
    @FunctionalInterface
    public interface TextSource {
        /**
         * @return the function's code; {@code needed} has received the full size
         */
        int read(MemorySegment out, int capacity, MemorySegment needed);
    }

    /** Throws {@link NativeException} with the library's message unless the code is OK. */
    public static void check(String operation, int code) {
        if (code != martlet_h.MT_OK()) {
            throw failure(operation, code);
        }
    }

    /** The exception of a code that is not OK, with the library's message of this thread. */
    public static NativeException failure(String operation, int code) {
        return new NativeException(operation, Status.of(code), lastError());
    }

    /** The library's message of this thread's last failure. */
    public static String lastError() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment needed = arena.allocate(JAVA_INT);
            MemorySegment out = arena.allocate(FIRST_TRY, 1);
            int code = martlet_h.mt_last_error(out, FIRST_TRY, needed);
            if (code == martlet_h.MT_ERR_BUFFER()) {
                int size = needed.get(JAVA_INT, 0);
                out = arena.allocate(size, 1);
                code = martlet_h.mt_last_error(out, size, needed);
            }
            return code == martlet_h.MT_OK() ? string(out, needed.get(JAVA_INT, 0)) : "no message, code " + code;
        }
    }

    /** Reads a whole text, whatever its size. */
    public static String text(String operation, TextSource source) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment needed = arena.allocate(JAVA_INT);
            MemorySegment out = arena.allocate(FIRST_TRY, 1);
            int code = source.read(out, FIRST_TRY, needed);
            if (code == martlet_h.MT_ERR_BUFFER()) {
                int size = needed.get(JAVA_INT, 0);
                out = arena.allocate(size, 1);
                code = source.read(out, size, needed);
            }
            check(operation, code);
            return string(out, needed.get(JAVA_INT, 0));
        }
    }

    /** A text's UTF-8 bytes in native memory; at least one byte, so that the address is real. */
    public static MemorySegment bytes(byte[] bytes, Arena arena) {
        MemorySegment segment = arena.allocate(Math.max(1, bytes.length), 1);
        MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
        return segment;
    }

    /** The first bytes of a segment as UTF-8. */
    public static String string(MemorySegment segment, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(segment, JAVA_BYTE, 0, bytes, 0, length);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A NUL-terminated text in a field of fixed size. */
    public static String field(MemorySegment field) {
        int length = 0;
        while (length < field.byteSize() && field.get(JAVA_BYTE, length) != 0) {
            length++;
        }
        return string(field, length);
    }
}
