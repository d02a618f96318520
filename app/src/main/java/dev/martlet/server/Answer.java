package dev.martlet.server;

import dev.martlet.chat.toolcall.StopCause;
import dev.martlet.engine.Generation;
import dev.martlet.engine.TokenEvent;
import dev.martlet.openai.AnswerEnd;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.Choice;
import dev.martlet.openai.UsageReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToIntFunction;

/**
 * An answer that is being made: generations, and the choices that read them. Run by one thread; {@link #abort} may come
 * from any.
 */
final class Answer implements ActiveAnswers.Running, AutoCloseable {

    /** What happens between the tokens. */
    interface Outlet {
        /** Keeps all to itself until the end. */
        Outlet NONE = new Outlet() {
            @Override
            public boolean hasRoom() {
                return true;
            }

            @Override
            public void flush() {}

            @Override
            public void idle() {}
        };

        /** Whether more may be gathered before {@link #flush}. */
        boolean hasRoom();

        /** Tokens were taken and no more are ready. */
        void flush();

        /** No token came for a while. */
        void idle();
    }

    private final List<Generation> generations;
    private final List<Choice> choices;
    private final TokenFeed feed;
    private final int promptTokens;
    private final int choicesPerPrompt;
    private final int predictedTokens;
    private final ActiveAnswers active;

    /** Set once, by whichever thread ends the answer early. */
    private final AtomicReference<RuntimeException> aborted = new AtomicReference<>();

    private OptionalLong firstToken = OptionalLong.empty();
    private int cachedTokens;
    private int endedGenerations;
    private int endedChoices;

    /**
     * @param choices one for each generation
     * @param promptTokens tokens of all prompts, each counted once
     * @param choicesPerPrompt how many choices in a row share a prompt
     * @param predictedTokens tokens of the predictions of all choices
     * @param active where the answer was or will be entered; it leaves when it is closed
     */
    Answer(
            List<Generation> generations,
            List<Choice> choices,
            int promptTokens,
            int choicesPerPrompt,
            int predictedTokens,
            ActiveAnswers active) {
        this.generations = List.copyOf(generations);
        this.choices = List.copyOf(choices);
        this.promptTokens = promptTokens;
        this.choicesPerPrompt = choicesPerPrompt;
        this.predictedTokens = predictedTokens;
        this.active = active;
        this.feed = TokenFeed.of(generations);
    }

    /** Ends the answer; what {@link #run} then throws is the first cause given. From any thread. */
    @Override
    public void abort(RuntimeException cause) {
        aborted.compareAndSet(null, cause);
        generations.forEach(Generation::cancel);
    }

    /**
     * Makes the answer.
     *
     * @param patience how long to wait for a token before the outlet is told
     * @param wholeUsage whether to wait for what only the engine knows of the usage, after the last choice has ended
     * @return what was used; without {@code wholeUsage} the cached tokens may be missing
     */
    UsageReport run(Outlet outlet, Duration patience, boolean wholeUsage) {
        try {
            while (!done(wholeUsage)) {
                feed.next(patience).ifPresentOrElse(this::take, () -> {
                    checkAborted();
                    outlet.idle();
                });
                gather(outlet, wholeUsage);
                outlet.flush();
            }
        } catch (InterruptedException e) {
            // Only the server's end interrupts a request; the flag would make the last write fail.
            throw ApiErrors.shuttingDown().toException();
        }
        return usage();
    }

    private void gather(Outlet outlet, boolean wholeUsage) {
        while (!done(wholeUsage) && outlet.hasRoom()) {
            var arrival = feed.poll();
            if (arrival.isEmpty()) {
                return;
            }
            take(arrival.get());
        }
    }

    private boolean done(boolean wholeUsage) {
        return wholeUsage ? endedGenerations == generations.size() : endedChoices == choices.size();
    }

    private void take(TokenFeed.Arrival arrival) {
        Choice choice = choices.get(arrival.index());
        switch (arrival.event()) {
            case TokenEvent.Token token -> {
                if (firstToken.isEmpty()) {
                    firstToken = OptionalLong.of(System.nanoTime());
                }
                if (!choice.ended()) {
                    choice.accept(token);
                    if (choice.ended()) {
                        endedChoices++;
                        generations.get(arrival.index()).cancel();
                    }
                }
            }
            case TokenEvent.Scores scores -> {
                if (!choice.ended()) {
                    choice.accept(scores);
                }
            }
            case TokenEvent.End end -> {
                endedGenerations++;
                if (arrival.index() % choicesPerPrompt == 0) {
                    cachedTokens += end.usage().cachedTokens();
                }
                if (!choice.ended()) {
                    finish(choice, end);
                    endedChoices++;
                }
            }
        }
    }

    private void finish(Choice choice, TokenEvent.End end) {
        switch (end.reason()) {
            case STOP -> choice.finish(StopCause.STOP);
            case LENGTH -> choice.finish(StopCause.LENGTH);
            case CANCELLED -> {
                checkAborted();
                throw ApiError.internal(500, "slow_reader", "The client reads too slowly.")
                        .toException();
            }
            case DEADLINE ->
                throw ApiError.internal(504, "timeout", "The request took longer than it is allowed to.")
                        .toException();
            case SHUTDOWN -> throw ApiErrors.shuttingDown().toException();
            case ERROR -> throw end.failure().<RuntimeException>map(e -> e).orElseThrow();
        }
    }

    private void checkAborted() {
        RuntimeException cause = aborted.get();
        if (cause != null) {
            throw cause;
        }
    }

    /** How long the first of its generations that ran waited for that; empty where none has. */
    Optional<Duration> queueWait() {
        return generations.stream()
                .flatMap(generation -> generation.queueWait().stream())
                .min(Duration::compareTo);
    }

    /** When its first token came, as a moment of {@link System#nanoTime()}. */
    OptionalLong firstToken() {
        return firstToken;
    }

    /** Why its choices ended, as the wire of OpenAI says it; without those that did not. */
    List<String> finishReasons() {
        return choices.stream()
                .flatMap(choice -> choice.end().stream())
                .map(AnswerEnd::wire)
                .toList();
    }

    /** What was used so far. */
    UsageReport usage() {
        int accepted = sum(Choice::predictedTokens);
        return new UsageReport(
                promptTokens,
                cachedTokens,
                sum(Choice::tokens),
                sum(Choice::reasoningTokens),
                accepted,
                predictedTokens - accepted);
    }

    private int sum(ToIntFunction<Choice> count) {
        return choices.stream().mapToInt(count).sum();
    }

    /** Cancels what still runs. */
    @Override
    public void close() {
        generations.forEach(Generation::cancel);
        feed.close();
        active.remove(this);
    }
}
