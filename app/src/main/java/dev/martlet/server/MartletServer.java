package dev.martlet.server;

import dev.martlet.engine.Engine;
import dev.martlet.openai.ApiError;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * The HTTP server. It listens from the start, answers 503 until it is given its model, and ends in good order. Safe from
 * any thread; it does not close the model.
 */
public final class MartletServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(MartletServer.class.getName());

    /** How long answers may take to send their last event after they are told to end. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final ServerConfig config;
    private final ActiveAnswers active = new ActiveAnswers();
    private final Connections connections = new Connections();
    private final KeyPlaces places = new KeyPlaces();
    private final Metrics metrics = new Metrics();
    private final VectorMetrics vectorMetrics = metrics.vectors(this::waitingVectors);
    private final Routes routes;
    private final WebServer http;
    private final Thread stallWatch;
    private final AtomicBoolean draining = new AtomicBoolean();

    /** Empty until there is one to watch. */
    private volatile Optional<Engine> engine = Optional.empty();

    /** Empty where the model gives no vectors. */
    private volatile Optional<Embedders> embedders = Optional.empty();

    /** Empty while it loads. */
    private volatile Optional<ServedModel> model = Optional.empty();

    private MartletServer(ServerConfig config) {
        this.config = config;
        this.routes = routes();
        checkPort(config);
        WebServerConfig.Builder setup = WebServer.builder();
        config.tls()
                .ifPresent(identity ->
                        setup.tls(Tls.builder().sslContext(identity.context()).build()));
        this.http = setup.host(config.host())
                .port(config.port())
                .featuresDiscoverServices(false)
                .shutdownHook(false)
                .connectionOptions(connections.watching(
                        SocketOptions.builder().tcpNoDelay(true).build()))
                .maxPayloadSize(config.maxBodyBytes() + 2 * RequestBody.DISCARDED)
                .shutdownGracePeriod(config.grace().plus(LAST_WORDS))
                .directHandlers(ApiErrors.directHandlers())
                .protocolsDiscoverServices(false)
                .addConnectionSelector(new HttpConnections(Http1ConnectionSelector.builder()
                        .config(Http1Config.builder()
                                .addReceiveListener(connections.listener())
                                .receiveLog(false)
                                .sendLog(false)
                                .build())
                        .build()))
                .routing(this::install)
                .build()
                .start();
        this.stallWatch = Thread.ofVirtual().name("stall-watch").start(this::watchStalls);
    }

    /** Helidon logs that it cannot listen, and goes on without. */
    private static void checkPort(ServerConfig config) {
        try (ServerSocketChannel probe = ServerSocketChannel.open()) {
            probe.bind(new InetSocketAddress(config.host(), config.port()));
        } catch (IOException | UnresolvedAddressException e) {
            IOException cause = e instanceof IOException io ? io : new IOException("unknown host", e);
            throw new UncheckedIOException(
                    "cannot listen on " + config.host() + ":" + config.port() + ": " + cause.getMessage(), cause);
        }
    }

    /**
     * Starts listening, without a model.
     *
     * @throws UncheckedIOException if it cannot listen there
     */
    public static MartletServer start(ServerConfig config) {
        return new MartletServer(config);
    }

    /**
     * Starts listening with a model.
     *
     * @throws UncheckedIOException if it cannot listen there
     */
    public static MartletServer start(ServerConfig config, ServedModel model) {
        MartletServer server = new MartletServer(config);
        server.ready(model);
        return server;
    }

    /** Gives the server its model; requests are answered from now on. */
    public void ready(ServedModel loaded) {
        model = Optional.of(Objects.requireNonNull(loaded, "loaded"));
    }

    /** Shows an engine's figures at {@code /metrics} and {@code /v1/engine} from now on. To be called once. */
    public void observe(Engine running) {
        metrics.observe(running);
        engine = Optional.of(running);
    }

    /** Answers requests for embeddings and rankings with these; to be called before {@link #ready}. */
    public void embed(Embedders ofModel) {
        embedders = Optional.of(ofModel);
    }

    /** The port it listens on. */
    public int port() {
        return http.port();
    }

    /** What it answers, as methods and path patterns. */
    List<Routes.Route> answered() {
        return routes.all();
    }

    /** Number of answers being made. */
    public int running() {
        return active.count();
    }

    /** What is answered; {@code openapi.json} describes the same. */
    private Routes routes() {
        Models models = new Models(this::loadedModel);
        Documentation documentation = new Documentation();
        boolean openMetrics = config.access().openMetrics();
        Vectors vectors = new Vectors(config);
        return new Routes()
                .post("/v1/chat/completions", answering(new ChatCompletions(config)))
                .post("/v1/completions", answering(new Completions(config)))
                .post("/v1/responses", answering(new Responses(config)))
                .post("/v1/messages", answering(new Messages(config)))
                .post("/v1/messages/count_tokens", new JsonHandler(config, this::loadedModel, Messages::count))
                .post("/v1/embeddings", vectors(vectors::embed))
                .post("/v1/rerank", vectors(vectors::rerank))
                .post("/rerank", vectors(vectors::rerank))
                .get("/v1/models", models::list)
                // An id may hold slashes.
                .get("/v1/models/{+id}", models::one)
                .getOpenly(openMetrics, "/v1/engine", new EngineView(this::observedEngine, this::waitingVectors))
                .post("/tokenize", new JsonHandler(config, this::loadedModel, Tokenization::tokenize))
                .post("/detokenize", new JsonHandler(config, this::loadedModel, Tokenization::detokenize))
                .post("/apply-template", new JsonHandler(config, this::loadedModel, Tokenization::applyTemplate))
                .getOpenly(true, "/health", this::health)
                .getOpenly(true, "/ready", this::health)
                .getOpenly(openMetrics, "/metrics", metrics)
                .getOpenly(true, "/openapi.json", documentation::document)
                .getOpenly(true, "/docs", documentation::page);
    }

    private void install(HttpRouting.Builder routing) {
        routing.addFilter(new RequestNotes(Stream.of(config.requestLog().listener(), Tracing.ofClassPath())
                .flatMap(Optional::stream)
                .toList()));
        routing.addFilter(metrics);
        routing.addFilter(new RequestIds());
        routing.addFilter(new Framing(draining::get));
        if (!config.corsOrigins().isEmpty()) {
            routing.addFilter(new Cors(config.corsOrigins()));
        }
        routes.install(routing, new KeyGuard(config.access().keys())::guard);
        ApiErrors.install(routing);
    }

    private Handler answering(AnswerHandler.Endpoint endpoint) {
        return new AnswerHandler(config, this::loadedModel, active, places, endpoint);
    }

    private Handler vectors(VectorHandler.Endpoint endpoint) {
        return new VectorHandler(
                config, this::loadedModel, this::modelsEmbedders, active, places, vectorMetrics, endpoint);
    }

    private ServedModel loadedModel() {
        if (draining.get()) {
            throw ApiErrors.shuttingDown().toException();
        }
        return model.orElseThrow(() -> ApiErrors.loading().toException());
    }

    private List<Embedders.Waiting> waitingVectors() {
        return embedders.map(Embedders::waiting).orElse(List.of());
    }

    private Embedders modelsEmbedders() {
        return embedders.orElseThrow(() ->
                ApiError.unsupported("model", "This model gives no embeddings.").toException());
    }

    private Engine observedEngine() {
        return engine.orElseThrow(() -> (model.isEmpty()
                        ? ApiErrors.loading()
                        : ApiError.http(404, "no_engine", "This model does not generate; there is no engine."))
                .toException());
    }

    /** Under two names: llama-server's, and the one that Kubernetes' probes are mostly given. */
    private void health(ServerRequest request, ServerResponse response) {
        String status = draining.get() ? "stopping" : model.isPresent() ? "ok" : "loading";
        response.status(status.equals("ok") ? 200 : 503);
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(("{\"status\":\"" + status + "\"}").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Takes no more connections and requests, lets the running answers go on for a while, ends those that are left with
     * a last error event, and closes. Idempotent.
     *
     * @return whether all answers ended by themselves
     */
    public boolean drain(Duration grace) throws InterruptedException {
        if (!draining.compareAndSet(false, true)) {
            return active.awaitNone(grace);
        }
        active.close();
        // Closes the listening socket and idle connections at once, then waits for the busy ones.
        Thread stop = Thread.ofPlatform().name("http-stop").daemon(true).start(http::stop);
        boolean finished = active.awaitNone(grace);
        if (!finished) {
            LOG.log(System.Logger.Level.INFO, "ending {0} answers that are still running", active.count());
            active.abortAll();
            if (!active.awaitNone(LAST_WORDS)) {
                active.closeConnections();
            }
        }
        stop.join(LAST_WORDS.plus(LAST_WORDS));
        stallWatch.interrupt();
        return finished;
    }

    /**
     * Drains with the configured grace when the process is told to end.
     *
     * @param afterwards runs then, e.g. to close the engine
     */
    public void drainAtExit(Runnable afterwards) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            try {
                                drain(config.grace());
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            } finally {
                                afterwards.run();
                            }
                        },
                        "drain"));
    }

    /** Ends at once. */
    @Override
    public void close() {
        try {
            drain(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watchStalls() {
        long shorter =
                Math.min(config.readTimeout().toMillis(), config.writeTimeout().toMillis());
        Duration pause = Duration.ofMillis(Math.clamp(shorter / 4, 1, 1_000));
        try {
            while (true) {
                Thread.sleep(pause);
                connections.closeStalled(config.readTimeout(), config.writeTimeout());
            }
        } catch (InterruptedException e) {
            // the server has stopped
        }
    }
}
