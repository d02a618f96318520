package dev.martlet.bench.serving;

import java.nio.file.Path;
import java.util.List;

/** The rows there are, by size. */
final class Workloads {
    static final List<String> IDS =
            List.of("fanout", "fanout64", "mixed", "streams64", "single", "chat", "arrival", "memory");

    /** Tokens of the words before a shared text. */
    private static final int INTRODUCTION = 10;

    private Workloads() {}

    /**
     * @param tiny the model of the rows that measure what is beside a model
     * @param quick for smaller sizes of the rows that take long
     */
    static List<Workload> all(ModelFacts facts, Path model, Path tiny, boolean quick) {
        int shared64 = quick ? 300 : 3_000;
        int arriving = quick ? 1_000 : 4_000;
        Mixed mixed = new Mixed(16, 32);
        return List.of(
                fanOut("fanout", facts, 16, 970),
                fanOut("fanout64", facts, 64, shared64),
                mixed,
                new Streams(64, quick ? 32 : 128, tiny),
                new Single(facts.words(1_024), 1_024, quick ? 32 : 128),
                new Conversation(5, 32),
                new Arrival(8, facts.words(arriving), arriving, quick ? 200 : 1_200),
                new Resident(mixed, model, facts.cellBytes(), Setup.cells(mixed)));
    }

    private static FanOut fanOut(String id, ModelFacts facts, int clients, int shared) {
        return new FanOut(id, clients, facts.words(shared - INTRODUCTION), shared, 16);
    }
}
