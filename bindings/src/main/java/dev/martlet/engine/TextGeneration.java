package dev.martlet.engine;

import dev.martlet.model.Vocabulary;
import dev.martlet.text.Detokenizer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A running generation as text, in pieces of whole characters. One reader; {@link #cancel()} from any thread. A reader
 * that is interrupted cancels it and gets an {@link EngineException}.
 */
public final class TextGeneration implements Iterable<String>, AutoCloseable {

    private final Generation generation;
    private final Detokenizer detokenizer;

    /** Null until the generation has ended. Only the reader writes it. */
    private volatile TokenEvent.End end;

    TextGeneration(Generation generation, Vocabulary vocabulary) {
        this.generation = generation;
        this.detokenizer = Detokenizer.of(vocabulary);
    }

    /** The pieces, lazily: each is waited for when it is asked for. They can be read once. */
    public Stream<String> text() {
        return StreamSupport.stream(
                Spliterators.spliteratorUnknownSize(iterator(), Spliterator.ORDERED | Spliterator.NONNULL), false);
    }

    /** All that is left to read, waiting for the end. */
    public String readAll() {
        StringBuilder all = new StringBuilder();
        forEach(all::append);
        return all.toString();
    }

    @Override
    public Iterator<String> iterator() {
        return new Pieces();
    }

    /** Why it ended; empty until the text has been read to its end. */
    public Optional<FinishReason> finishReason() {
        return Optional.ofNullable(end).map(TokenEvent.End::reason);
    }

    /** What it used; empty until the text has been read to its end. */
    public Optional<Usage> usage() {
        return Optional.ofNullable(end).map(TokenEvent.End::usage);
    }

    /** Ends it within one step. Idempotent. */
    public void cancel() {
        generation.cancel();
    }

    /** Cancels, if it has not ended. */
    @Override
    public void close() {
        cancel();
    }

    /** The next piece, or empty at the end. */
    private String read() {
        try {
            while (end == null) {
                switch (generation.next()) {
                    case TokenEvent.Token token -> {
                        String piece = detokenizer.push(token.id());
                        if (!piece.isEmpty()) {
                            return piece;
                        }
                    }
                    case TokenEvent.Scores scores -> {
                        // The prompt is no part of the text.
                    }
                    case TokenEvent.End last -> {
                        end = last;
                        if (last.failure().isPresent()) {
                            throw last.failure().get();
                        }
                        return detokenizer.finish();
                    }
                }
            }
            return "";
        } catch (InterruptedException e) {
            cancel();
            Thread.currentThread().interrupt();
            throw new EngineException(EngineException.Kind.SHUTDOWN, "interrupted while waiting for a token", e);
        }
    }

    private final class Pieces implements Iterator<String> {
        private String piece = "";

        @Override
        public boolean hasNext() {
            if (piece.isEmpty()) {
                piece = read();
            }
            return !piece.isEmpty();
        }

        @Override
        public String next() {
            if (!hasNext()) {
                throw new NoSuchElementException("the generation has ended");
            }
            String next = piece;
            piece = "";
            return next;
        }
    }
}
