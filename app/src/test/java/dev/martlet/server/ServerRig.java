package dev.martlet.server;

import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.chat.toolcall.ToolCallFormats;
import dev.martlet.embedding.Embedder;
import dev.martlet.embedding.EmbedderOptions;
import dev.martlet.embedding.Pooling;
import dev.martlet.embedding.Reranker;
import dev.martlet.embedding.ScriptedVectorRunner;
import dev.martlet.embedding.VectorRunner;
import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineOptions;
import dev.martlet.engine.Sampling;
import dev.martlet.engine.ScriptedStepRunner;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** A server on a free port over an engine over a scripted model, and a client of it. */
final class ServerRig implements AutoCloseable {
    static final String MODEL = "scripted/model-1";

    final ScriptedStepRunner runner;
    final Engine engine;
    final MartletServer server;

    /** What gives vectors: three numbers for each sequence of at most 100 bytes. */
    final ScriptedVectorRunner vectors =
            ScriptedVectorRunner.counting(ByteTokens.vocabulary().size());

    private final Embedder embedder;
    private final Reranker reranker;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Gate> gates = new ArrayList<>();

    /** @param answer from the prompt's text to the model's raw output */
    static ServerRig start(ServerConfig config, Function<String, String> answer) {
        return new ServerRig(config, EngineOptions.defaults(), ScriptedStepRunner.answering(answer));
    }

    static ServerRig start(Function<String, String> answer) {
        return start(config(), answer);
    }

    ServerRig(ServerConfig config, EngineOptions options, ScriptedStepRunner.Script script) {
        this(config, options, EmbedderOptions.defaults(), script);
    }

    ServerRig(
            ServerConfig config,
            EngineOptions options,
            EmbedderOptions embedderOptions,
            ScriptedStepRunner.Script script) {
        runner = new ScriptedStepRunner(ScriptedStepRunner.generousLimits(), script);
        engine = Engine.start(runner, ByteTokens.vocabulary(), new ByteTokens(), options);
        server = MartletServer.start(config, model(engine));
        server.observe(engine);
        embedder = Embedder.start(vectors, embedderOptions);
        reranker = ranker(embedderOptions);
        server.embed(new Embedders(new ByteTokens(), () -> embedder, () -> reranker));
    }

    /** Scores by the number of times that the query's first letter is in a document. */
    private static Reranker ranker(EmbedderOptions options) {
        VectorRunner.Limits limits = new VectorRunner.Limits(Pooling.RANK, 1, 100, 258);
        ScriptedVectorRunner runner = new ScriptedVectorRunner(limits, tokens -> new float[] {
            Arrays.stream(tokens).filter(token -> token == tokens[0]).count() - 1
        });
        return Reranker.start(runner, options, (query, document) -> ByteTokens.tokens(query + document));
    }

    /** A model of this family; what it answers to a prompt is told by {@code answer}. */
    static ServerRig speaking(Dialect dialect, Function<String, String> answer) {
        return speaking(dialect.template(), dialect.tokens(), answer);
    }

    /** A model with this template, these control tokens, and the format that is told from the template. */
    static ServerRig speaking(String template, List<String> tokens, Function<String, String> answer) {
        return new ServerRig(template, new DialectTokens(tokens), answer);
    }

    private ServerRig(String template, DialectTokens tokens, Function<String, String> answer) {
        runner = new ScriptedStepRunner(tokens.limits(), tokens.answering(answer));
        engine = Engine.start(runner, tokens.vocabulary(), tokens, EngineOptions.defaults());
        PromptRenderer renderer =
                PromptRenderer.of(Optional.of(template), Map.of("bos_token", "<s>", "eos_token", "</s>"));
        ServedModel model = new ServedModel(
                new ServedModel.Card(
                        MODEL,
                        Instant.ofEpochSecond(1_700_000_000),
                        "tests",
                        "b-test",
                        engine.limits().sequenceTokens()),
                Sampling.seeded(0),
                tokens.vocabulary(),
                tokens,
                OptionalInt.empty(),
                renderer,
                FormatChoice.of(Optional.of(template), renderer).format(),
                template::contains,
                engine::submit,
                Optional.empty());
        server = MartletServer.start(config(), model);
        embedder = Embedder.start(vectors, EmbedderOptions.defaults());
        reranker = ranker(EmbedderOptions.defaults());
    }

    /** Holds the engine before each of its steps; opened at the end at the latest. */
    Gate gate() {
        Gate gate = new Gate(runner);
        gates.add(gate);
        return gate;
    }

    /** Any free port. */
    static ServerConfig config() {
        return ServerConfig.defaults().withPort(0);
    }

    /** The model's prompts are ChatML, its calls the generic format's. */
    static ServedModel model(Engine engine) {
        return model(engine, engine::submit);
    }

    /** The same with something between it and its engine. */
    static ServedModel model(Engine engine, ServedModel.Generator generator) {
        return new ServedModel(
                new ServedModel.Card(
                        MODEL,
                        Instant.ofEpochSecond(1_700_000_000),
                        "tests",
                        "b-test",
                        engine.limits().sequenceTokens()),
                Sampling.seeded(0),
                ByteTokens.vocabulary(),
                new ByteTokens(),
                OptionalInt.empty(),
                PromptRenderer.of(Optional.empty(), Map.of()),
                ToolCallFormats.byId("hermes").orElseThrow(),
                marker -> marker.equals("</think>"),
                generator,
                Optional.of(new FillTokens(ByteTokens.MARK, ByteTokens.END, ByteTokens.MARK)));
    }

    /** Tokens of a prompt with this user message alone. */
    static int promptTokens(String user) {
        return ("<|im_start|>user\n" + user + "<|im_end|>\n<|im_start|>assistant\n").length();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    /** A request body with one user message and further members. */
    static String body(String user, String members) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + user + "\"}]"
                + (members.isEmpty() ? "" : "," + members) + "}";
    }

    HttpResponse<String> post(String body) {
        return post("/v1/chat/completions", body);
    }

    HttpResponse<String> post(String path, String body) {
        return send(HttpRequest.newBuilder(uri(path))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    static JsonObject json(HttpResponse<String> response) {
        return Json.object(response.body().getBytes(StandardCharsets.UTF_8));
    }

    /** The data of a stream's events, {@code [DONE]} left out after it was found to be the last. */
    static List<JsonObject> chunks(String stream) {
        List<JsonObject> chunks = new ArrayList<>();
        boolean done = false;
        for (String event : stream.split("\n\n")) {
            if (done) {
                throw new AssertionError("after [DONE]: " + event);
            }
            if (event.equals("data: [DONE]")) {
                done = true;
            } else if (!event.startsWith(":")) {
                if (!event.startsWith("data: ")) {
                    throw new AssertionError("no data: " + event);
                }
                chunks.add(Json.object(event.substring(6).getBytes(StandardCharsets.UTF_8)));
            }
        }
        if (!done) {
            throw new AssertionError("no [DONE]: " + stream);
        }
        return chunks;
    }

    /** A client at the level of bytes. */
    RawClient raw() {
        return RawClient.connect(server.port());
    }

    /** Waits until this holds; a minute is for machines that are very busy. */
    static void await(String what, java.util.function.BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within a minute: " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        runner.beforeStep(() -> {});
        gates.forEach(Gate::open);
        vectors.open();
        server.close();
        engine.close();
        embedder.close();
        reranker.close();
        http.close();
    }
}
