package dev.martlet.server;

import dev.martlet.engine.EngineException;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.Json;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.JsonObject;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Answers the requests of one endpoint by vectors or scores. A client that goes away takes its request back, as far as it
 * has not begun. An answer that comes quickly leaves its connection open.
 */
final class VectorHandler implements Handler {

    /** From here on it is watched whether the client stays, which takes the connection. */
    private static final Duration QUICK = Duration.ofMillis(100);

    /** What one endpoint makes of a request. */
    @FunctionalInterface
    interface Endpoint {
        /** @throws dev.martlet.openai.ApiException with status 400, naming the field at fault */
        Work<?> begin(JsonObject body, ServedModel model, Embedders embedders);
    }

    /**
     * A request that has been queued.
     *
     * @param kind embedding or ranking
     * @param tokens those of its texts
     * @param result what the model gives; cancelled when nobody waits for it
     * @param body the answer made of that
     * @param ignored fields of the request that have no effect, by path
     */
    record Work<T>(String kind, int tokens, CompletableFuture<T> result, Function<T, byte[]> body, List<String> ignored)
            implements ActiveAnswers.Running {
        Work {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(result, "result");
            Objects.requireNonNull(body, "body");
            ignored = List.copyOf(ignored);
        }

        @Override
        public void abort(RuntimeException cause) {
            result.completeExceptionally(cause);
        }

        /** The answer; fails as the result does. */
        byte[] await(Duration atMost) throws InterruptedException, ExecutionException, TimeoutException {
            return body.apply(result.get(atMost.toNanos(), TimeUnit.NANOSECONDS));
        }
    }

    private final ServerConfig config;
    private final Supplier<ServedModel> loaded;
    private final Supplier<Embedders> embedders;
    private final ActiveAnswers active;
    private final KeyPlaces places;
    private final VectorMetrics metrics;
    private final Endpoint endpoint;

    /**
     * @param loaded gives the model; throws while there is none
     * @param embedders gives its embedders; likewise
     */
    VectorHandler(
            ServerConfig config,
            Supplier<ServedModel> loaded,
            Supplier<Embedders> embedders,
            ActiveAnswers active,
            KeyPlaces places,
            VectorMetrics metrics,
            Endpoint endpoint) {
        this.config = config;
        this.loaded = loaded;
        this.embedders = embedders;
        this.active = active;
        this.places = places;
        this.metrics = metrics;
        this.endpoint = endpoint;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        try {
            byte[] body = RequestBody.readOrRefuse(request, response, config.maxBodyBytes());
            Caller caller = Caller.of(request);
            Duration atMost = caller.timeout().orElse(Duration.ofDays(1));
            ServedModel model = loaded.get();
            KeyPlaces.Place place = places.take(caller);
            try {
                long begin = System.nanoTime();
                Work<?> work = endpoint.begin(Json.object(body), model, embedders.get());
                work.result().thenRun(() -> metrics.answered(work.kind(), work.tokens(), System.nanoTime() - begin));
                request.context().get(RequestNote.class).ifPresent(note -> note.read(model, work.tokens()));
                IgnoredFields.tell(work.ignored(), response);
                answer(work, atMost, request, response);
            } finally {
                place.close();
            }
        } catch (UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            throw new CloseConnectionException("the client has gone", e);
        }
    }

    private void answer(Work<?> work, Duration atMost, ServerRequest request, ServerResponse response) {
        ClientConnection client = ClientConnection.current();
        try {
            active.add(work, client);
            if (endsWithin(work, atMost.compareTo(QUICK) < 0 ? atMost : QUICK)) {
                send(work, atMost, client, response);
            } else {
                watched(work, atMost, client, request, response);
            }
        } finally {
            work.result().cancel(true);
            active.remove(work);
        }
    }

    /** The watch reads on behind this request, so no other may follow on the connection. */
    private static void watched(
            Work<?> work, Duration atMost, ClientConnection client, ServerRequest request, ServerResponse response) {
        response.header(HeaderValues.CONNECTION_CLOSE);
        client.watch(() -> work.result().cancel(true));
        try {
            send(work, atMost, client, response);
        } catch (CloseConnectionException | UncheckedIOException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            ApiError error = ApiErrors.of(e);
            client.write(() -> ApiErrors.send(request, response, error));
        }
        throw ClientConnection.finished(response);
    }

    /** Whether there is a result, good or bad, by then. */
    private static boolean endsWithin(Work<?> work, Duration atMost) {
        try {
            work.result().get(atMost.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException | CancellationException e) {
            return true; // which is told when the answer is made
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static void send(Work<?> work, Duration atMost, ClientConnection client, ServerResponse response) {
        byte[] body = body(work, atMost);
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        client.write(() -> response.send(body));
    }

    private static byte[] body(Work<?> work, Duration atMost) {
        try {
            return work.await(atMost);
        } catch (TimeoutException e) {
            throw ApiError.internal(504, "timeout", "The request took longer than it is allowed to.")
                    .toException();
        } catch (CancellationException e) {
            throw new CloseConnectionException("the client has gone");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static RuntimeException interrupted() {
        Thread.currentThread().interrupt();
        return new EngineException(EngineException.Kind.SHUTDOWN, "interrupted");
    }
}
