package dev.martlet.engine;

import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.model.Model;
import dev.martlet.model.Tokenizer;
import dev.martlet.model.Vocabulary;
import dev.martlet.nativelib.NativeHandle;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Runs many requests at once over one context: requests in, tokens out. One platform thread does all native work;
 * callers, virtual threads among them, only wait for their own tokens. All methods are safe from any thread.
 */
public final class Engine implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("dev.martlet.engine");

    private final StepRunner runner;
    private final EngineSetup setup;
    private final Vocabulary vocabulary;
    private final Tokenizer tokenizer;
    private final StepRunner.Limits limits;
    private final Inbox inbox;
    private final Counters counters;
    private final Scheduler scheduler;
    private final Thread thread;

    /** Whether the cost of steps is measured before the first request. */
    private final boolean calibrated;

    /** Tells the model that this engine is gone. */
    private final Runnable onClosed;

    /** Set once by {@link #close()}; ends the thread. */
    private volatile boolean closing;

    private Engine(
            StepRunner runner,
            EngineSetup setup,
            Vocabulary vocabulary,
            Tokenizer tokenizer,
            EngineOptions options,
            boolean calibrated,
            Consumer<Engine> onClosed) {
        this.runner = runner;
        this.setup = setup;
        this.vocabulary = vocabulary;
        this.tokenizer = tokenizer;
        this.limits = runner.limits();
        this.counters = new Counters(limits.contextTokens());
        this.inbox = new Inbox(options, counters);
        Constraints constraints = new Constraints(vocabulary, tokenizer);
        this.scheduler = new Scheduler(runner, vocabulary, options, inbox, counters, constraints, System::nanoTime);
        this.calibrated = calibrated;
        this.onClosed = () -> onClosed.accept(this);
        this.thread = new Thread(this::run, "martlet-engine");
        this.thread.setDaemon(true);
    }

    /** Starts an engine with the default options. */
    public static Engine start(Model model) {
        return start(model, EngineOptions.defaults());
    }

    /**
     * Starts an engine. Closing the model closes it.
     *
     * @throws dev.martlet.nativelib.NativeException when there is no memory for the context, or the model cannot
     *     generate
     * @throws IllegalStateException when the model is closed
     */
    public static Engine start(Model model, EngineOptions options) {
        NativeHandle handle = NativeHandle.of(model);
        MemorySegment pointer = handle.acquire();
        try {
            EngineOptions fitted = EngineSizing.fit(options, model);
            NativeStepRunner runner = new NativeStepRunner(pointer, model.info(), fitted);
            Engine engine = new Engine(
                    runner,
                    runner.setup(),
                    model.vocabulary(),
                    model.tokenizer(),
                    fitted,
                    true,
                    handle::removeDependent);
            engine.thread.start();
            try {
                handle.addDependent(engine);
            } catch (IllegalStateException e) {
                engine.close();
                throw e;
            }
            return engine;
        } finally {
            handle.release();
        }
    }

    /**
     * Starts an engine over any implementation of the native step.
     *
     * @param runner handed over: the engine closes it
     * @param tokenizer used by {@link #generate}, and for text that a constraint forces
     */
    public static Engine start(StepRunner runner, Vocabulary vocabulary, Tokenizer tokenizer, EngineOptions options) {
        StepRunner.Limits limits = runner.limits();
        boolean drafts = options.drafts() > 0 && limits.partialPrefix();
        EngineSetup setup = new EngineSetup(
                options.threads(),
                limits.contextTokens(),
                limits.sequenceTokens(),
                options.cacheTypes(),
                0,
                drafts,
                List.of());
        Engine engine = new Engine(runner, setup, vocabulary, tokenizer, options, false, closed -> {});
        engine.thread.start();
        return engine;
    }

    /**
     * Queues a request.
     *
     * @return its tokens, as they come
     * @throws EngineException QUEUE_FULL, TENANT_QUEUE_FULL, QUEUE_TOKENS_FULL, PROMPT_TOO_LONG or SHUTDOWN
     * @throws IllegalArgumentException if a token of the prompt, the prediction or the bias is none of the vocabulary, or
     *     the constraint is compiled for another one
     */
    public Generation submit(GenerationRequest request) {
        int[] prompt = request.prompt();
        if (prompt.length > limits.sequenceTokens()) {
            throw new EngineException(
                    EngineException.Kind.PROMPT_TOO_LONG,
                    "the prompt has " + prompt.length + " tokens, the context holds " + limits.sequenceTokens());
        }
        checkTokens(prompt);
        checkTokens(request.prediction());
        request.sampling().bias().keySet().forEach(this::checkToken);
        request.constraint().ifPresent(this::checkConstraint);
        GenerationStream stream = new GenerationStream(this::wake);
        inbox.submit(request, stream, System.nanoTime());
        wake();
        return stream;
    }

    private void checkConstraint(CompiledGrammar grammar) {
        int size = grammar.index().vocabulary().size();
        if (size != vocabulary.size()) {
            throw new IllegalArgumentException(
                    "the constraint is for a vocabulary of " + size + ", the model's has " + vocabulary.size());
        }
    }

    private void checkTokens(int[] tokens) {
        for (int token : tokens) {
            checkToken(token);
        }
    }

    private void checkToken(int token) {
        if (token < 0 || token >= vocabulary.size()) {
            throw new IllegalArgumentException("token " + token + " is not in the vocabulary of " + vocabulary.size());
        }
    }

    /** Continues a text greedily. */
    public TextGeneration generate(String prompt, int maxTokens) {
        return generate(prompt, maxTokens, Sampling.greedy());
    }

    /**
     * Continues a text.
     *
     * @param prompt plain text; what spells a control token stays text
     * @param maxTokens most tokens of output
     * @throws EngineException as {@link #submit}
     */
    public TextGeneration generate(String prompt, int maxTokens, Sampling sampling) {
        int[] tokens = tokenizer.encode(prompt, true, false);
        Generation generation = submit(GenerationRequest.of(tokens, maxTokens).withSampling(sampling));
        return new TextGeneration(generation, vocabulary);
    }

    /** What it runs with, with all that the options left open. */
    public EngineSetup setup() {
        return setup;
    }

    /** What a request's context may hold, and other bounds. */
    public StepRunner.Limits limits() {
        return limits;
    }

    /** Levels and totals of this moment. */
    public EngineMetrics metrics() {
        inbox.publish();
        return counters.snapshot();
    }

    /** How times and sizes are distributed since the start. */
    public EngineDistributions distributions() {
        return scheduler.observer().distributions();
    }

    /**
     * What the engine is doing now. Its thread answers between two steps, at once when it is idle.
     *
     * @param atMost how long to wait for that; when it passes, or the engine is closed, the answer is the last picture
     *     that was asked for, however old: see {@link EngineSnapshot#taken()}
     */
    public EngineSnapshot snapshot(Duration atMost) throws InterruptedException {
        return scheduler.observer().snapshot(atMost, this::wake);
    }

    /**
     * Takes no more requests, lets the running and waiting ones finish, and closes. What has not ended in time ends with
     * {@link FinishReason#SHUTDOWN}.
     *
     * @return whether all ended by themselves
     */
    public boolean drain(Duration atMost) throws InterruptedException {
        inbox.close();
        try {
            return inbox.awaitAllEnded(atMost);
        } finally {
            close();
        }
    }

    /** Ends all requests with {@link FinishReason#SHUTDOWN} and waits for the thread. Idempotent. */
    @Override
    public void close() {
        inbox.close();
        closing = true;
        runner.abort();
        wake();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        onClosed.run();
    }

    private void wake() {
        LockSupport.unpark(thread);
    }

    private void run() {
        FinishReason reason = FinishReason.SHUTDOWN;
        Optional<EngineException> failure = Optional.empty();
        try {
            if (calibrated) {
                scheduler.calibrate();
            }
            while (!closing) {
                if (scheduler.doWork() == 0) {
                    LockSupport.parkNanos(this, scheduler.nanosToDeadline());
                }
            }
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "the engine has failed; all its requests end", e);
            reason = FinishReason.ERROR;
            failure = Optional.of(new EngineException(EngineException.Kind.NATIVE, "the engine has failed: " + e, e));
        } finally {
            inbox.close();
            try {
                scheduler.endAll(reason, failure);
            } finally {
                scheduler.observer().close();
                runner.close();
            }
        }
    }
}
