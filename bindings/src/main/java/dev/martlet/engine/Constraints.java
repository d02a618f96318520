package dev.martlet.engine;

import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.model.Tokenizer;
import dev.martlet.model.Vocabulary;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The scheduler's side of constraints: starts them, and waits for what their workers find, but never long. A request
 * whose mask is late is left out of the step, and the others go on.
 */
final class Constraints {

    /** How long a step waits for masks: a good deal more than nearly all of them take, a good deal less than a step. */
    private static final long MOST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Shared by all engines. A slow mask occupies one of them, so there are some even on a small machine. */
    private static final Executor WORKERS =
            Executors.newFixedThreadPool(Math.max(4, Runtime.getRuntime().availableProcessors() / 2), task -> {
                Thread thread = new Thread(task, "martlet-grammar");
                thread.setDaemon(true);
                return thread;
            });

    private final Vocabulary vocabulary;
    private final Tokenizer tokenizer;
    private final Executor workers;

    /** Constraints whose masks are found on worker threads. */
    Constraints(Vocabulary vocabulary, Tokenizer tokenizer) {
        this(vocabulary, tokenizer, WORKERS);
    }

    Constraints(Vocabulary vocabulary, Tokenizer tokenizer, Executor workers) {
        this.vocabulary = vocabulary;
        this.tokenizer = tokenizer;
        this.workers = workers;
    }

    /** Starts a sequence's constraint, if it has one that has not begun. */
    void begin(Sequence sequence) {
        GenerationRequest request = sequence.request;
        if (sequence.constraint != null || request.constraint().isEmpty()) {
            return;
        }
        CompiledGrammar grammar = request.constraint().get();
        // A token that nobody sampled has no log probability, so who wants these gets every token sampled.
        Optional<ForcedText> forced =
                request.topLogprobs() < 0 ? Optional.of(new ForcedText(tokenizer, vocabulary)) : Optional.empty();
        sequence.constraint = new Constraint(
                grammar.matcher(), grammar.index().words(), vocabulary, forced, workers, sequence.stream::wake);
        sequence.constraint.begin();
    }

    /** Waits a little for what the workers are at; returns whether there may be something to settle. */
    boolean await(List<Sequence> running) {
        boolean open = false;
        long until = 0;
        for (int i = 0; i < running.size(); i++) {
            Constraint constraint = running.get(i).constraint;
            if (constraint == null || !constraint.isOpen()) {
                continue;
            }
            open = true;
            while (!constraint.isReady() && !constraint.isLate()) {
                long now = System.nanoTime();
                until = until == 0 ? now + MOST_WAIT_NANOS : until;
                if (now - until >= 0) {
                    constraint.setLate();
                } else {
                    LockSupport.parkNanos(this, until - now);
                }
            }
        }
        return open;
    }
}
