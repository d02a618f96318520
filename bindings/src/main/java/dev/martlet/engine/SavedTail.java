package dev.martlet.engine;

/**
 * What a sequence held from one position on, kept outside the context: it can be put back where the tokens before it are
 * the same. Belongs to the scheduler's thread; must be closed.
 */
public interface SavedTail extends AutoCloseable {

    /** Position of the first token of it. */
    int from();

    /** Position after the last token of it. */
    int to();

    /** Host memory it takes. */
    long bytes();

    /** Frees the memory. Idempotent. */
    @Override
    void close();
}
