package dev.martlet.grammar;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * The grammars that a model's requests used last, compiled. Two requests that ask for the same one at once compile it
 * once. Safe from any thread.
 */
public final class GrammarCache {

    private final TokenIndex index;
    /** Guarded by itself; in the order of their last use. */
    private final Map<Object, CompletableFuture<CompiledGrammar>> grammars;

    /** @param capacity most grammars kept; each holds some megabytes at most beside the masks in the index */
    public GrammarCache(TokenIndex index, int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity is " + capacity + ", must be at least 1");
        }
        this.index = Objects.requireNonNull(index, "index");
        this.grammars = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Object, CompletableFuture<CompiledGrammar>> eldest) {
                return size() > capacity;
            }
        };
    }

    public TokenIndex index() {
        return index;
    }

    /** The grammar of a key, if it is kept and made; never waits. */
    public Optional<CompiledGrammar> known(Object key) {
        CompletableFuture<CompiledGrammar> known;
        synchronized (grammars) {
            known = grammars.get(key);
        }
        return known == null || !known.isDone() || known.isCompletedExceptionally()
                ? Optional.empty()
                : Optional.of(known.join());
    }

    /** The texts of a JSON Schema. */
    public CompiledGrammar jsonSchema(String schema, JsonSchemaOptions options) {
        record Key(String schema, JsonSchemaOptions options) {}
        return compiled(new Key(schema, options), () -> Grammar.ofJsonSchema(schema, options));
    }

    /**
     * The grammar of a key, made if it is not kept; waits where another thread makes it.
     *
     * @param key equal for equal grammars only, and different from what others use here
     * @throws GrammarException as {@code made} and {@link Grammar#compile} do; a failure is not kept
     */
    public CompiledGrammar compiled(Object key, Supplier<Grammar> made) {
        CompletableFuture<CompiledGrammar> mine = new CompletableFuture<>();
        CompletableFuture<CompiledGrammar> known;
        synchronized (grammars) {
            known = grammars.putIfAbsent(key, mine);
        }
        if (known != null) {
            try {
                return known.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof GrammarException refused ? refused : e;
            }
        }
        try {
            CompiledGrammar grammar = made.get().compile(index);
            mine.complete(grammar);
            return grammar;
        } catch (RuntimeException | Error e) {
            synchronized (grammars) {
                grammars.remove(key, mine);
            }
            mine.completeExceptionally(e);
            throw e;
        }
    }
}
