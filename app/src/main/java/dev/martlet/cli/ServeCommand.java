package dev.martlet.cli;

import dev.martlet.access.TlsIdentity;
import dev.martlet.chat.template.TemplateException;
import dev.martlet.chat.toolcall.ToolCallFormat;
import dev.martlet.chat.toolcall.ToolCallFormats;
import dev.martlet.embedding.EmbedderOptions;
import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineOptions;
import dev.martlet.model.CpuVariant;
import dev.martlet.model.Device;
import dev.martlet.model.Machine;
import dev.martlet.model.Model;
import dev.martlet.model.ModelOptions;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.Status;
import dev.martlet.server.Embedders;
import dev.martlet.server.MartletServer;
import dev.martlet.server.ServedModel;
import dev.martlet.server.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code martlet serve}: loads a model and answers until it is told to end. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 120,
        abbreviateSynopsis = true,
        description = "Start the OpenAI-compatible server.",
        optionListHeading = "%nModel%n",
        footer = {
            "",
            "Each setting can also be an environment variable: --ctx-size is MARTLET_CTX_SIZE.",
            "A flag comes before the variable, and the variable before the file of --config."
        })
final class ServeCommand implements Callable<Integer> {
    /** Read before the others, since it gives their defaults: {@link Settings}. */
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A YAML file of these settings, as in ctx-size: 8192 (default: none).")
    private Optional<Path> settings = Optional.empty();

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "The GGUF file to serve (default: a small model that is fetched once).")
    private Optional<Path> file = Optional.empty();

    @Option(names = "--alias", paramLabel = "NAME", description = "The model's name for clients (default: the file's).")
    private Optional<String> alias = Optional.empty();

    @Option(
            names = "--chat-template",
            paramLabel = "FILE",
            description = "A Jinja template for prompts (default: the one in the model's file).")
    private Optional<Path> template = Optional.empty();

    @Option(
            names = "--tool-format",
            paramLabel = "ID",
            description = "How the model writes tool calls, e.g. hermes (default: told from its template).")
    private Optional<String> toolFormat = Optional.empty();

    @ArgGroup(validate = false, heading = "%nHTTP%n")
    private HttpSettings http = new HttpSettings();

    @ArgGroup(validate = false, heading = "%nAccess%n")
    private AccessSettings access = new AccessSettings();

    @ArgGroup(validate = false, heading = "%nEngine%n")
    private EngineSettings engine = new EngineSettings();

    @ArgGroup(validate = false, heading = "%nGPUs%n")
    private SplitSettings split = new SplitSettings();

    @ArgGroup(validate = false, heading = "%nEmbeddings%n")
    private EmbeddingSettings embedding = new EmbeddingSettings();

    @Override
    public Integer call() throws InterruptedException {
        ServerConfig config = access.addTo(http.toConfig());
        EngineOptions options = engine.toOptions();
        ModelOptions unplaced = ModelOptions.defaults().withSplit(split.toSplit());
        EmbedderOptions embedderOptions = embedding.toOptions(options.threads());
        Path gguf = file.orElseGet(() -> ModelStore.ofUser().defaultModel());
        Optional<String> source = template.map(ServeCommand::read);

        MartletServer server = listen(config);
        try {
            Model model = open(gguf, place(gguf, unplaced, options));
            Embedders embedders = Embedders.of(model, embedderOptions);
            Optional<Engine> running = start(model, options, embedders);
            server.drainAtExit(() -> {
                running.ifPresent(Engine::close);
                model.close();
            });
            running.ifPresent(server::observe);
            server.embed(embedders);
            ServedModel served = running.map(engine -> served(model, engine, source))
                    .orElseGet(() -> ServedModel.ofVectors(id(model), model, embedders.longest()));
            server.ready(served);
            running.ifPresent(engine -> describe(model, options, engine));
            config.tls()
                    .flatMap(TlsIdentity::doubt)
                    .ifPresent(doubt -> System.err.println("martlet: warning: " + doubt));
            System.out.printf(
                    "martlet ready on %s://%s:%d model=%s%n",
                    config.scheme(), config.host(), server.port(), served.card().id());
        } catch (CommandFailure e) {
            server.close();
            throw e;
        }
        // Runs until the process is told to end; the work is done by other threads.
        new CountDownLatch(1).await();
        return 0;
    }

    private static MartletServer listen(ServerConfig config) {
        try {
            return MartletServer.start(config);
        } catch (RuntimeException e) {
            throw new CommandFailure(
                    "cannot listen on " + config.host() + ":" + config.port() + ": "
                            + rootCause(e).getMessage(),
                    e);
        }
    }

    /** Which of the model's layers go onto GPUs. */
    private ModelOptions place(Path gguf, ModelOptions options, EngineOptions engineOptions) {
        if (!Files.isRegularFile(gguf)) {
            throw new CommandFailure("no such model file: " + gguf);
        }
        return new GpuStart(CudaStore::ofUser, System.err).place(split.gpu(), gguf, options, engineOptions);
    }

    private static Model open(Path gguf, ModelOptions options) {
        Progress progress = new Progress("loading " + gguf.getFileName(), System.err);
        try {
            return Model.open(gguf, options.withListener(progress));
        } catch (NativeException e) {
            throw new CommandFailure(e.getMessage(), e);
        }
    }

    /** Empty for a model that only gives vectors or scores. */
    private static Optional<Engine> start(Model model, EngineOptions options, Embedders embedders) {
        try {
            return Optional.of(Engine.start(model, options));
        } catch (NativeException e) {
            if (e.status() == Status.UNSUPPORTED && embedders.any()) {
                System.err.println("martlet: " + model.info().description() + " cannot generate; it serves "
                        + embedders.describe());
                return Optional.empty();
            }
            model.close();
            throw new CommandFailure("no context for this model and these settings: " + e.getMessage(), e);
        }
    }

    /** Not on standard output, where programs look for the one line that says it is ready. */
    private static void describe(Model model, EngineOptions options, Engine running) {
        StartLines.of(model.info(), options, running.setup(), CpuVariant.current(), Machine.current(), Device.list())
                .forEach(line -> System.err.println("martlet: " + line));
    }

    private ServedModel served(Model model, Engine running, Optional<String> source) {
        Optional<ToolCallFormat> format = toolFormat.map(id -> ToolCallFormats.byId(id)
                .orElseThrow(
                        () -> new CommandFailure("--tool-format: no format '" + id + "'; there are: " + formats())));
        try {
            return ServedModel.of(id(model), model, running, source, format);
        } catch (TemplateException e) {
            String where = template.map(Path::toString).orElse("of " + model.path());
            throw new CommandFailure("the chat template " + where + " is not valid: " + e.getMessage(), e);
        }
    }

    private String id(Model model) {
        return alias.orElseGet(() -> nameOf(model.path()));
    }

    private static String formats() {
        return ToolCallFormats.all().stream().map(ToolCallFormat::id).sorted().collect(Collectors.joining(", "));
    }

    private static String nameOf(Path gguf) {
        String name = gguf.getFileName().toString();
        return name.endsWith(".gguf") ? name.substring(0, name.length() - ".gguf".length()) : name;
    }

    private static String read(Path template) {
        try {
            return Files.readString(template);
        } catch (IOException e) {
            throw new CommandFailure("cannot read the chat template " + template + ": " + e, e);
        }
    }

    private static Throwable rootCause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
