package dev.martlet.nativelib;

/**
 * An object of the public API that owns native memory. Closing it closes what was made from it, may be repeated, and is
 * safe from any thread: running calls end first, later ones throw {@link IllegalStateException}.
 */
public abstract class NativeObject implements AutoCloseable {

    final NativeHandle handle;

    protected NativeObject(NativeHandle handle) {
        this.handle = handle;
    }

    /** Whether {@link #close()} has begun. */
    public final boolean isClosed() {
        return handle.isClosed();
    }

    @Override
    public final void close() {
        handle.close();
    }
}
