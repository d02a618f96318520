package dev.martlet.server;

import dev.martlet.engine.Generation;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.openai.AnswerHeader;
import dev.martlet.openai.AnswerSink;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ApiException;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.Choice;
import dev.martlet.openai.ChunkWriter;
import dev.martlet.openai.CompletionAssembler;
import dev.martlet.openai.Ids;
import dev.martlet.openai.Json;
import dev.martlet.openai.UsageReport;
import dev.martlet.text.StopSequences;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** {@code POST /v1/chat/completions}. */
final class ChatCompletions implements Handler {

    private final ServerConfig config;
    private final Supplier<ServedModel> loaded;
    private final ActiveAnswers active;

    /** @param loaded gives the model; throws while there is none */
    ChatCompletions(ServerConfig config, Supplier<ServedModel> loaded, ActiveAnswers active) {
        this.config = config;
        this.loaded = loaded;
        this.active = active;
    }

    /** A request that was understood. */
    private record Job(
            ServedModel model,
            ChatCompletionRequest request,
            ServedModel.Rendered prompt,
            Optional<CompiledGrammar> constraint,
            AnswerHeader header,
            Caller caller) {}

    @Override
    public void handle(ServerRequest httpRequest, ServerResponse response) {
        try {
            byte[] body = body(httpRequest, response);
            Job job = understand(body, Caller.of(httpRequest.headers()), response);
            // The watch reads on behind this request, so no other may follow on the connection.
            response.header(HeaderValues.CONNECTION_CLOSE);
            answer(job, ClientConnection.current(), response);
            throw finished(response);
        } catch (UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            throw new CloseConnectionException("the client has gone", e);
        }
    }

    private byte[] body(ServerRequest httpRequest, ServerResponse response) {
        try {
            return RequestBody.read(httpRequest, config.maxBodyBytes());
        } catch (ApiException e) {
            // The rest of the body may still come, so no other request can follow.
            response.header(HeaderValues.CONNECTION_CLOSE);
            ApiErrors.send(response, e.error());
            throw finished(response);
        }
    }

    /** Completes the response and gives what closes the connection, which Helidon does not do for the header's sake. */
    private static CloseConnectionException finished(ServerResponse response) {
        if (response instanceof RoutingResponse routed) {
            routed.commit();
        }
        return new CloseConnectionException("answered");
    }

    private Job understand(byte[] body, Caller caller, ServerResponse response) {
        ServedModel model = loaded.get();
        ChatCompletionRequest request = ChatCompletionRequest.parse(
                Json.object(body), model.vocabulary().size());
        if (config.strictModel()) {
            Models.check(request.model(), model);
        }
        IgnoredFields.tell(request.ignored(), response);
        AnswerHeader header = new AnswerHeader(
                Ids.completion(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                model.card().id(),
                model.card().fingerprint(),
                request.logprobs(),
                request.functionsForm());
        ServedModel.Rendered prompt = model.render(request);
        return new Job(model, request, prompt, model.constraint(request, prompt), header, caller);
    }

    private void answer(Job job, ClientConnection client, ServerResponse response) {
        try {
            if (job.request().stream()) {
                stream(job, client, response);
            } else {
                whole(job, client, response);
            }
        } catch (CloseConnectionException | UncheckedIOException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            ApiError error = ApiErrors.of(e);
            client.write(() -> ApiErrors.send(response, error));
        }
    }

    private void stream(Job job, ClientConnection client, ServerResponse response) {
        boolean includeUsage = job.request().includeUsage();
        ChunkWriter chunks = new ChunkWriter(job.header(), includeUsage);
        EventStream events = new EventStream(response, client, chunks);
        try (Answer answer = start(job, chunks, client)) {
            UsageReport usage = answer.run(events, config.keepAlive(), includeUsage);
            if (includeUsage) {
                chunks.usage(usage);
            }
            events.end();
        } catch (CloseConnectionException | UncheckedIOException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            if (!events.started()) {
                throw e;
            }
            events.end(ApiErrors.of(e));
        }
    }

    private void whole(Job job, ClientConnection client, ServerResponse response) {
        CompletionAssembler assembler = new CompletionAssembler(job.header());
        try (Answer answer = start(job, assembler, client)) {
            byte[] body = assembler.body(answer.run(Answer.Outlet.NONE, config.keepAlive(), true));
            response.header(HeaderValues.CONTENT_TYPE_JSON);
            client.write(() -> response.send(body));
        }
    }

    private Answer start(Job job, AnswerSink sink, ClientConnection client) {
        List<Generation> generations = submit(job);
        Answer answer = new Answer(generations, choices(job, sink), job.prompt().tokens().length, active);
        try {
            active.add(answer, client);
            client.watch(() -> answer.abort(new CloseConnectionException("the client has gone")));
            return answer;
        } catch (RuntimeException e) {
            answer.close();
            throw e;
        }
    }

    /** Submits a generation for each choice, or none. */
    private List<Generation> submit(Job job) {
        List<Generation> generations = new ArrayList<>();
        try {
            for (GenerationRequest request : generationRequests(job)) {
                generations.add(job.model().generator().submit(request));
            }
            return generations;
        } catch (RuntimeException e) {
            generations.forEach(Generation::cancel);
            throw e;
        }
    }

    private List<GenerationRequest> generationRequests(Job job) {
        ChatCompletionRequest request = job.request();
        int context = job.model().card().contextTokens();
        int[] prompt = job.prompt().tokens();
        int room = context - prompt.length;
        if (room < 1) {
            throw ApiError.contextLength("This model's context holds " + context
                            + " tokens, but the messages alone are " + prompt.length + " tokens.")
                    .toException();
        }
        int limit = request.maxTokens().orElse(config.defaultMaxTokens().orElse(room));
        long seed = ThreadLocalRandom.current().nextLong();
        List<GenerationRequest> requests = new ArrayList<>();
        for (int choice = 0; choice < request.choices(); choice++) {
            GenerationRequest one = new GenerationRequest(
                    prompt,
                    request.sampling().sampling(job.model().sampling(), seed, choice),
                    Math.min(limit, room),
                    request.topLogprobs(),
                    request.stopTokens(),
                    request.ignoreEndOfGeneration(),
                    Optional.empty(),
                    job.constraint());
            requests.add(job.caller().claim(one, request.priority()));
        }
        return requests;
    }

    private static List<Choice> choices(Job job, AnswerSink sink) {
        ChatCompletionRequest request = job.request();
        Choice.Rules rules = new Choice.Rules(
                job.model().vocabulary(),
                StopSequences.of(request.stops()),
                request.logprobs(),
                !request.conversation().parallelToolCalls(),
                request.functionsForm());
        List<Choice> choices = new ArrayList<>();
        for (int choice = 0; choice < request.choices(); choice++) {
            // All choices begin before any goes on: some clients merge them otherwise.
            sink.begin(choice);
            choices.add(new Choice(
                    choice,
                    rules,
                    job.model().parser(request.conversation(), job.prompt().suffix()),
                    sink));
        }
        return choices;
    }
}
