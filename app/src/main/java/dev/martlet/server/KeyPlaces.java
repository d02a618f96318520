package dev.martlet.server;

import dev.martlet.openai.ApiError;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** How many requests each key has at the moment, where its number is bounded. Safe from any thread. */
final class KeyPlaces {
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** None is 0. Guarded by this object's lock. */
    private final Map<String, Integer> taken = new HashMap<>();

    /** A place that is given back when it is closed. */
    @FunctionalInterface
    interface Place extends AutoCloseable {
        @Override
        void close();
    }

    /** @throws dev.martlet.openai.ApiException with status 429 if the caller has as many requests as it may */
    synchronized Place take(Caller caller) {
        if (caller.limits().requests().isEmpty()) {
            return () -> {};
        }
        int most = caller.limits().requests().getAsInt();
        if (taken.getOrDefault(caller.tenant(), 0) >= most) {
            throw ApiError.overloaded(
                            "key_requests_full",
                            "This key has " + most + " requests at once, and may have no more. Please retry later.",
                            RETRY)
                    .toException();
        }
        taken.merge(caller.tenant(), 1, Integer::sum);
        return () -> giveBack(caller.tenant());
    }

    private synchronized void giveBack(String tenant) {
        taken.computeIfPresent(tenant, (name, count) -> count == 1 ? null : count - 1);
    }
}
