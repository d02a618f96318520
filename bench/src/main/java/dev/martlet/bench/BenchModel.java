package dev.martlet.bench;

import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineOptions;
import dev.martlet.engine.Generation;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.engine.Sampling;
import dev.martlet.engine.TokenEvent;
import dev.martlet.model.Model;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** The model that a benchmark's forked JVM runs, handed over as system properties, and an engine over it. */
final class BenchModel implements AutoCloseable {
    static final String FILE = "martlet.bench.model";
    static final String THREADS = "martlet.bench.threads";

    private final Model model = Model.open(Path.of(System.getProperty(FILE)));
    private final Engine engine;

    /** @param sequences most requests at once */
    BenchModel(int sequences) {
        // Without the prefix cache: an invocation must not profit from the one before. Without drafts: every token is a
        // step.
        engine = Engine.start(
                model,
                EngineOptions.defaults()
                        .withThreads(Integer.getInteger(THREADS))
                        .withMaxSequences(sequences)
                        .withPrefixCache(false)
                        .withDrafts(0));
    }

    /** A prompt of random ordinary tokens, the same for the same seed. */
    int[] prompt(int length, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int size = model.vocabulary().size();
        return random.ints(0, size)
                .filter(token -> !model.vocabulary().isControl(token))
                .limit(length)
                .toArray();
    }

    /** Begins a greedy generation of exactly this many tokens. */
    Generation generate(int[] prompt, int tokens) {
        return engine.submit(
                new GenerationRequest(prompt, Sampling.greedy(), tokens, -1, Set.of(), true, Optional.empty()));
    }

    /** Reads a generation to its end and returns its number of tokens. */
    static int read(Generation generation) throws InterruptedException {
        for (int tokens = 0; ; tokens++) {
            if (generation.next() instanceof TokenEvent.End end) {
                if (end.failure().isPresent()) {
                    throw end.failure().get();
                }
                return tokens;
            }
        }
    }

    @Override
    public void close() {
        engine.close();
        model.close();
    }
}
