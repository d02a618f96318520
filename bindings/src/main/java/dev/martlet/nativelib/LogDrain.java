package dev.martlet.nativelib;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Moves the lines that the native side logs to the logger {@code dev.martlet.llama}. They are polled: a callback would
 * attach native threads to the JVM. llama.cpp's information is of use to its developers and comes out as DEBUG.
 */
final class LogDrain {

    private static final System.Logger LOG = System.getLogger("dev.martlet.llama");
    private static final int CAPACITY = 1 << 16;
    private static final long POLL_MILLIS = 200;

    /**
     * The end of llama.cpp's warning of a context longer than the model was trained for. Here many requests share it, and
     * none gets more than that.
     */
    private static final String SHARED_CONTEXT = "possible training context overflow";

    private final MemorySegment out;
    private final MemorySegment written;
    private final MemorySegment dropped;

    private LogDrain() {
        // The thread that uses these ends with the JVM.
        out = Arena.global().allocate(CAPACITY, 1);
        written = Arena.global().allocate(JAVA_INT);
        dropped = Arena.global().allocate(JAVA_INT);
    }

    static void start() {
        LogDrain drain = new LogDrain();
        Thread thread = new Thread(drain::run, "martlet-log");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                while (drain()) {
                    // there may be more
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (NativeException e) {
            LOG.log(Level.WARNING, "the native log cannot be read any more", e);
        }
    }

    private boolean drain() {
        NativeCalls.check("read log", martlet_h.mt_log_drain(out, CAPACITY, written, dropped));
        int lost = dropped.get(JAVA_INT, 0);
        if (lost > 0) {
            LOG.log(Level.WARNING, lost + " lines of the native log were lost");
        }
        int length = written.get(JAVA_INT, 0);
        if (length > 0) {
            NativeCalls.string(out, length).lines().forEach(LogDrain::log);
        }
        return length > 0;
    }

    private static void log(String line) {
        if (line.length() > 2) {
            LOG.log(level(line), line.substring(2));
        }
    }

    /** @param line its level's letter, a space, and the message */
    static Level level(String line) {
        return switch (line.charAt(0)) {
            case 'E' -> Level.ERROR;
            case 'W' -> line.endsWith(SHARED_CONTEXT) ? Level.DEBUG : Level.WARNING;
            case 'I' -> Level.DEBUG;
            default -> Level.TRACE;
        };
    }
}
