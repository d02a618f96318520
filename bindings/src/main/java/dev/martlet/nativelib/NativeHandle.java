package dev.martlet.nativelib;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToIntFunction;

/**
 * A native object's pointer and lifetime. Calls with the pointer are counted, so that {@link #close()}, from whatever
 * thread, first refuses new ones, then closes what depends on the object, waits for the calls inside, and only then
 * frees it. Safe from any thread.
 */
public final class NativeHandle {

    private final String name;
    private final MemorySegment pointer;
    private final ToIntFunction<MemorySegment> free;
    private final ReentrantLock lock = new ReentrantLock();

    /** Closers wait here: for the last user to leave, or for another closer to be done. */
    private final Condition changed = lock.newCondition();

    /** Calls inside the library. Guarded by lock. */
    private int users;

    /** What is closed first, the latest first. Guarded by lock. */
    private final List<AutoCloseable> dependents = new ArrayList<>();

    /** No new calls. Guarded by lock. */
    private boolean closing;

    /** Guarded by lock. */
    private boolean freed;

    /**
     * @param name for messages, e.g. "model"
     * @param free the function that ends the object; returns a code
     */
    public NativeHandle(String name, MemorySegment pointer, ToIntFunction<MemorySegment> free) {
        this.name = name;
        this.pointer = pointer;
        this.free = free;
    }

    /** The handle behind an object of the public API. */
    public static NativeHandle of(NativeObject object) {
        return object.handle;
    }

    /**
     * The pointer for one call; {@link #release()} must follow.
     *
     * @throws IllegalStateException when closed
     */
    public MemorySegment acquire() {
        lock.lock();
        try {
            checkOpen();
            users++;
            return pointer;
        } finally {
            lock.unlock();
        }
    }

    /** Ends a use. */
    public void release() {
        lock.lock();
        try {
            if (--users == 0) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has something closed before this object is.
     *
     * @throws IllegalStateException when closed
     */
    public void addDependent(AutoCloseable dependent) {
        lock.lock();
        try {
            checkOpen();
            dependents.add(dependent);
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a dependent that has been closed by itself. */
    public void removeDependent(AutoCloseable dependent) {
        lock.lock();
        try {
            dependents.removeIf(one -> one == dependent);
        } finally {
            lock.unlock();
        }
    }

    private void checkOpen() {
        if (closing) {
            throw new IllegalStateException("the " + name + " is closed");
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    /** Closes dependents, waits for running calls, frees. Who comes second waits for the first. */
    public void close() {
        List<AutoCloseable> first;
        lock.lock();
        try {
            if (closing) {
                while (!freed) {
                    changed.awaitUninterruptibly();
                }
                return;
            }
            closing = true;
            first = List.copyOf(dependents);
        } finally {
            lock.unlock();
        }
        RuntimeException failure = null;
        for (int i = first.size() - 1; i >= 0; i--) {
            failure = closeOne(first.get(i), failure);
        }
        lock.lock();
        try {
            while (users > 0) {
                changed.awaitUninterruptibly();
            }
            NativeCalls.check("close " + name, free.applyAsInt(pointer));
        } finally {
            freed = true;
            changed.signalAll();
            lock.unlock();
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static RuntimeException closeOne(AutoCloseable dependent, RuntimeException earlier) {
        try {
            dependent.close();
            return earlier;
        } catch (Exception e) {
            RuntimeException failure = Objects.requireNonNullElseGet(
                    earlier, () -> new IllegalStateException("what depends on it could not be closed"));
            failure.addSuppressed(e);
            return failure;
        }
    }
}
