package dev.martlet.cli;

import dev.martlet.embedding.EmbedderOptions;
import dev.martlet.embedding.Pooling;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of {@code serve} that are about embeddings and rankings. */
final class EmbeddingSettings {

    @Option(
            names = "--pooling",
            paramLabel = "HOW",
            description = "Embeddings: mean, cls or last (default: as the model's file says, else mean).")
    private Optional<Pooling> pooling = Optional.empty();

    @Option(
            names = "--embedding-tokens",
            paramLabel = "N",
            description = "Longest text of an embedding or ranking in tokens (default: 2048).")
    private Optional<Integer> maxTokens = Optional.empty();

    @Option(
            names = "--embedding-queue",
            paramLabel = "N",
            description = "Most such requests that wait; more get 429 (default: 256).")
    private Optional<Integer> queue = Optional.empty();

    /**
     * @param threads compute threads; 0 for one per core
     * @throws CommandFailure naming the flag that is out of range
     */
    EmbedderOptions toOptions(int threads) {
        try {
            EmbedderOptions options = EmbedderOptions.defaults().withThreads(threads);
            if (pooling.isPresent()) {
                options = options.withPooling(pooling.get());
            }
            if (maxTokens.isPresent()) {
                options = options.withMaxTokens(maxTokens.get());
            }
            if (queue.isPresent()) {
                options = options.withQueueLimit(queue.get());
            }
            return options;
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("a setting is out of range: " + e.getMessage(), e);
        }
    }
}
