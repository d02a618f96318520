package dev.martlet.bench.serving;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A row of the comparison: what clients ask of a server, and what is told of it. */
sealed interface Workload permits FanOut, Mixed, Streams, Single, Conversation, Arrival, Resident {

    /** Its name on the command line and in JSON. */
    String id();

    /** Its name for readers. */
    String title();

    /** What is told of a run; the first decides which configuration of the peer is its best. */
    List<Figure> figures();

    /** Most requests at once. */
    int clients();

    /** Most tokens that a client's prompt and answer have together. */
    int tokensPerClient();

    /** The model that this row runs on, where it is not the campaign's. */
    default Optional<Path> ownModel() {
        return Optional.empty();
    }

    /** Whether every server gets the same prompts, token by token. */
    default boolean samePrompts() {
        return true;
    }

    /**
     * Asks a server that is ready.
     *
     * @param seed of all texts: another one gives prompts that no server has seen
     */
    Run run(ServerProcess server, long seed) throws InterruptedException;
}
