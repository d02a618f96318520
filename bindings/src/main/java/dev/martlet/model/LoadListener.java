package dev.martlet.model;

/** Watches a model being opened. Called now and then on the thread that opens it. */
@FunctionalInterface
public interface LoadListener {

    /**
     * @param fraction what has been read so far, 0 to 1
     * @return whether to go on; false ends the opening with {@link dev.martlet.nativelib.NativeException} ABORTED
     */
    boolean loaded(double fraction);
}
