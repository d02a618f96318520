package dev.martlet.server;

import dev.martlet.embedding.Embedder;
import dev.martlet.embedding.EmbedderOptions;
import dev.martlet.embedding.Pooling;
import dev.martlet.embedding.Reranker;
import dev.martlet.model.Model;
import dev.martlet.model.Tokenizer;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.Status;
import dev.martlet.openai.ApiError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A model's embedder and reranker, each opened by the first request that wants it, since it takes memory of its own. Safe
 * from any thread; they close with the model.
 */
public final class Embedders {
    /** Kinds of requests, as metrics call them. */
    static final String EMBEDDING = "embedding";

    static final String RANKING = "ranking";

    private final Tokenizer tokenizer;
    private final Lazy<Embedder> embedder;
    private final Lazy<Reranker> reranker;

    /** Opened at most once, also when many ask; what fails is tried again by the next who asks. */
    private static final class Lazy<T> {
        private final ReentrantLock lock = new ReentrantLock();
        private final Supplier<T> open;

        /** Written under lock, read without. */
        private volatile Optional<T> opened = Optional.empty();

        Lazy(Supplier<T> open) {
            this.open = Objects.requireNonNull(open, "open");
        }

        /** Opened on a platform thread: a virtual one would hold up others meanwhile. */
        T get() {
            lock.lock();
            try {
                if (opened.isEmpty()) {
                    opened = Optional.of(CompletableFuture.supplyAsync(
                                    open,
                                    task -> Thread.ofPlatform()
                                            .name("martlet-open")
                                            .daemon(true)
                                            .start(task))
                            .join());
                }
                return opened.get();
            } catch (CompletionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw e;
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * What waits of one kind.
     *
     * @param kind embedding or ranking
     */
    record Waiting(String kind, int requests, long tokens) {}

    /** What waits, of the kinds that have been asked for. Waits for nothing. */
    List<Waiting> waiting() {
        List<Waiting> all = new ArrayList<>();
        embedder.opened.ifPresent(one -> all.add(new Waiting(EMBEDDING, one.waitingCalls(), one.waitingTokens())));
        reranker.opened.ifPresent(one -> all.add(new Waiting(RANKING, one.waitingCalls(), one.waitingTokens())));
        return all;
    }

    /**
     * Of a model of any make.
     *
     * @param embedder opens one; NativeException UNSUPPORTED where the model gives no vectors
     * @param reranker opens one; likewise
     */
    Embedders(Tokenizer tokenizer, Supplier<Embedder> embedder, Supplier<Reranker> reranker) {
        this.tokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
        this.embedder = new Lazy<>(embedder);
        this.reranker = new Lazy<>(reranker);
    }

    /** Of an open model; nothing is opened yet. */
    public static Embedders of(Model model, EmbedderOptions options) {
        return new Embedders(model.tokenizer(), () -> embedderOf(model, options), () -> Reranker.open(model, options));
    }

    private static Embedder embedderOf(Model model, EmbedderOptions options) {
        Embedder embedder = Embedder.open(model, options);
        if (embedder.limits().pooling() == Pooling.RANK) {
            embedder.close();
            throw new NativeException("open embedder", Status.UNSUPPORTED, "the model gives scores in their place");
        }
        return embedder;
    }

    /** A text's tokens as the model wants them around; what it spells stays text. */
    int[] tokens(String text) {
        return tokenizer.encode(text, true, false);
    }

    /** @throws dev.martlet.openai.ApiException with status 400 if the model gives no vectors */
    public Embedder embedder() {
        return opened(embedder, "This model gives no embeddings: ");
    }

    /** @throws dev.martlet.openai.ApiException with status 400 if the model has no rank head */
    public Reranker reranker() {
        return opened(reranker, "This model cannot rank documents; serve one with a rank head: ");
    }

    /** Whether the model gives vectors or scores; opens what it can. */
    public boolean any() {
        return vectors().isPresent() || scores().isPresent();
    }

    /** Most tokens of a text; of a model that gives {@linkplain #any any}. */
    public int longest() {
        return vectors()
                .map(one -> one.limits().maxTokens())
                .or(() -> scores().map(Reranker::maxTokens))
                .orElseThrow();
    }

    /** What it gives, for people to read. */
    public String describe() {
        String embeddings = vectors()
                .map(one -> "embeddings of " + one.limits().dimensions() + " numbers, pooling "
                        + one.limits().pooling().name().toLowerCase(Locale.ROOT))
                .orElse("no embeddings");
        return embeddings + (scores().isPresent() ? ", and rankings" : "") + ", of texts up to " + longest()
                + " tokens";
    }

    private Optional<Embedder> vectors() {
        return supported(embedder);
    }

    private Optional<Reranker> scores() {
        return supported(reranker);
    }

    private static <T> Optional<T> supported(Lazy<T> one) {
        try {
            return Optional.of(one.get());
        } catch (NativeException e) {
            if (e.status() == Status.UNSUPPORTED) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static <T> T opened(Lazy<T> one, String otherwise) {
        try {
            return one.get();
        } catch (NativeException e) {
            if (e.status() == Status.UNSUPPORTED) {
                throw ApiError.unsupported("model", otherwise + e.getMessage()).toException();
            }
            throw e;
        }
    }
}
