package dev.martlet.server;

import dev.martlet.engine.Engine;
import java.util.ArrayList;
import java.util.List;

/** Requests that take all places of an engine and all of its queue, so that the next one is refused. */
final class FullHouse {
    private final Engine engine;
    private final int port;
    private final int places;
    private final List<RawClient> guests = new ArrayList<>();

    /** @param places those that run and those that wait, together; 0 for none */
    FullHouse(Engine engine, int port, int places) {
        this.engine = engine;
        this.port = port;
        this.places = places;
    }

    private int present() {
        return engine.metrics().running() + engine.metrics().waiting();
    }

    /** Returns when all places are taken. */
    void fill() {
        for (int i = 0; i < places; i++) {
            guests.add(RawClient.connect(port)
                    .post(ServerRig.body("guest " + i, "\"stream\":true,\"max_tokens\":2000,\"min_tokens\":2000")));
        }
        ServerRig.await("a full house", () -> present() == places);
    }

    /** Returns when they are free again. */
    void leave() {
        guests.forEach(RawClient::close);
        ServerRig.await("an empty house", () -> places == 0 || present() == 0);
    }
}
