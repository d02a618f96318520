package dev.martlet.server;

import dev.martlet.engine.Generation;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.openai.AnswerBody;
import dev.martlet.openai.AnswerSink;
import dev.martlet.openai.AnswerStream;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ApiException;
import dev.martlet.openai.Choice;
import dev.martlet.openai.Json;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.JsonObject;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Answers the requests of one endpoint by generating: streamed or whole, until the last token or until the client has
 * gone. What the request means is the endpoint's affair.
 */
final class AnswerHandler implements Handler {

    /** What one endpoint makes of a request. */
    @FunctionalInterface
    interface Endpoint {
        /** @throws ApiException with status 400, naming the field at fault */
        Job understand(JsonObject body, ServedModel model);

        /** What is asked for, in the words of OpenTelemetry's {@code gen_ai.operation.name}. */
        default String operation() {
            return "chat";
        }
    }

    private final ServerConfig config;
    private final Supplier<ServedModel> loaded;
    private final ActiveAnswers active;
    private final KeyPlaces places;
    private final Endpoint endpoint;

    /** @param loaded gives the model; throws while there is none */
    AnswerHandler(
            ServerConfig config,
            Supplier<ServedModel> loaded,
            ActiveAnswers active,
            KeyPlaces places,
            Endpoint endpoint) {
        this.config = config;
        this.loaded = loaded;
        this.active = active;
        this.places = places;
        this.endpoint = endpoint;
    }

    @Override
    public void handle(ServerRequest httpRequest, ServerResponse response) {
        Optional<RequestNote> note = httpRequest.context().get(RequestNote.class);
        note.ifPresent(kept -> kept.arrived(endpoint.operation()));
        byte[] body = RequestBody.readOrRefuse(httpRequest, response, config.maxBodyBytes());
        Caller caller = Caller.of(httpRequest);
        ServedModel model = loaded.get();
        Job job = endpoint.understand(Json.object(body), model)
                .by(caller, config.access().keyQueue());
        IgnoredFields.tell(job.ignored(), response);
        KeyPlaces.Place place = places.take(caller);
        try {
            // The watch reads on behind this request, so no other may follow on the connection.
            response.header(HeaderValues.CONNECTION_CLOSE);
            note.ifPresent(kept -> kept.begin(job));
            answer(job, note, ClientConnection.current(), httpRequest, response);
            throw ClientConnection.finished(response);
        } finally {
            place.close();
        }
    }

    private void answer(
            Job job,
            Optional<RequestNote> note,
            ClientConnection client,
            ServerRequest httpRequest,
            ServerResponse response) {
        try {
            if (job.settings().stream()) {
                stream(job, note, client, response);
            } else {
                whole(job, note, client, response);
            }
        } catch (CloseConnectionException | UncheckedIOException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            ApiError error = ApiErrors.of(e);
            client.write(() -> ApiErrors.send(httpRequest, response, error));
        }
    }

    private void stream(Job job, Optional<RequestNote> note, ClientConnection client, ServerResponse response) {
        AnswerStream written = job.stream().get();
        EventStream events = new EventStream(response, client, written);
        try (Answer answer = start(job, note, written, client)) {
            events.end(answer.run(events, config.keepAlive(), job.settings().includeUsage()));
        } catch (CloseConnectionException | UncheckedIOException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            if (!events.started()) {
                throw e;
            }
            ApiError error = ApiErrors.of(e);
            note.ifPresent(kept -> kept.failed(error));
            events.end(error);
        }
    }

    private void whole(Job job, Optional<RequestNote> note, ClientConnection client, ServerResponse response) {
        AnswerBody folded = job.body().get();
        try (Answer answer = start(job, note, folded, client)) {
            byte[] body = folded.body(answer.run(Answer.Outlet.NONE, config.keepAlive(), true));
            response.header(HeaderValues.CONTENT_TYPE_JSON);
            client.write(() -> response.send(body));
        }
    }

    private Answer start(Job job, Optional<RequestNote> note, AnswerSink sink, ClientConnection client) {
        List<Generation> generations = submit(job);
        Answer answer = new Answer(
                generations,
                choices(job, sink),
                job.promptTokens(),
                job.choicesPerPrompt(),
                job.predictedTokens(),
                active);
        try {
            active.add(answer, client);
            client.watch(() -> answer.abort(new CloseConnectionException("the client has gone")));
            note.ifPresent(kept -> kept.answered(answer));
            return answer;
        } catch (RuntimeException e) {
            answer.close();
            throw e;
        }
    }

    /** Submits a generation for each choice, or none. */
    private static List<Generation> submit(Job job) {
        List<Generation> generations = new ArrayList<>();
        try {
            for (GenerationRequest request : job.generations()) {
                generations.add(job.model().generator().submit(request));
            }
            return generations;
        } catch (RuntimeException e) {
            generations.forEach(Generation::cancel);
            throw e;
        }
    }

    private static List<Choice> choices(Job job, AnswerSink sink) {
        List<Choice> choices = new ArrayList<>();
        for (int choice = 0; choice < job.generations().size(); choice++) {
            // All choices begin before any goes on: some clients merge them otherwise.
            sink.begin(choice);
            choices.add(new Choice(choice, job.rules(), job.parser().get(), sink));
        }
        return choices;
    }
}
