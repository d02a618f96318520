package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.EngineException;
import dev.martlet.engine.FinishReason;
import dev.martlet.engine.Generation;
import dev.martlet.openai.AnswerHeader;
import dev.martlet.openai.ApiException;
import dev.martlet.openai.Choice;
import dev.martlet.openai.CompletionAssembler;
import dev.martlet.openai.Json;
import dev.martlet.openai.UsageReport;
import dev.martlet.text.StopSequences;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class AnswerTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final ActiveAnswers active = new ActiveAnswers();
    private final CompletionAssembler sink =
            new CompletionAssembler(new AnswerHeader("chatcmpl-1", Instant.EPOCH, "tiny", "b1", false, false));

    /** Notes what happens, and has no room for more than it is told. */
    private static final class Notes implements Answer.Outlet {
        private final List<String> notes = new ArrayList<>();
        private boolean room = true;
        private Runnable onIdle = () -> {};

        @Override
        public boolean hasRoom() {
            return room;
        }

        @Override
        public void flush() {
            notes.add("flush");
        }

        @Override
        public void idle() {
            notes.add("idle");
            onIdle.run();
        }
    }

    private Answer answer(String stop, Generation... generations) {
        Choice.Rules rules = new Choice.Rules(
                ByteTokens.vocabulary(),
                StopSequences.of(stop.isEmpty() ? List.of() : List.of(stop)),
                false,
                false,
                false);
        List<Choice> choices = new ArrayList<>();
        for (int i = 0; i < generations.length; i++) {
            sink.begin(i);
            choices.add(new Choice(i, rules, new PlainParser(), sink));
        }
        return new Answer(List.of(generations), choices, 5, generations.length, 0, active);
    }

    private JsonObject choice(int index) {
        return Json.object(sink.body(new UsageReport(0, 0, 0, 0)))
                .getJsonArray("choices")
                .getJsonObject(index);
    }

    private String content(int index) {
        return choice(index).getJsonObject("message").getString("content");
    }

    @Test
    void shouldGatherWhatIsReadyIntoOneFlush() {
        Notes notes = new Notes();
        try (Answer answer = answer("", new HandMadeGeneration().say("hello").end(FinishReason.STOP))) {
            assertThat(answer.run(notes, LONG, true)).isEqualTo(new UsageReport(5, 2, 5, 0));
        }
        assertThat(notes.notes).containsExactly("flush");
        assertThat(content(0)).isEqualTo("hello");
        assertThat(choice(0).getString("finish_reason")).isEqualTo("stop");
    }

    @Test
    void shouldFlushEachTokenWithoutRoom() {
        Notes notes = new Notes();
        notes.room = false;
        try (Answer answer = answer("", new HandMadeGeneration().say("ab").end(FinishReason.LENGTH))) {
            answer.run(notes, LONG, true);
        }
        assertThat(notes.notes).containsExactly("flush", "flush", "flush");
        assertThat(choice(0).getString("finish_reason")).isEqualTo("length");
    }

    @Test
    void shouldTellTheOutletOfSilence() {
        Notes notes = new Notes();
        HandMadeGeneration generation = new HandMadeGeneration();
        notes.onIdle = () -> generation.say("a").end(FinishReason.STOP);
        try (Answer answer = answer("", generation)) {
            answer.run(notes, Duration.ofMillis(1), true);
        }
        assertThat(notes.notes).startsWith("idle", "flush");
        assertThat(content(0)).isEqualTo("a");
    }

    @Test
    void shouldCancelAGenerationThatAStopStringEnds() {
        HandMadeGeneration generation = new HandMadeGeneration().say("one STOP and more");
        try (Answer answer = answer("STOP", generation)) {
            // Waits for the engine's end, which tells the cached tokens; only tokens up to the match count.
            assertThat(answer.run(Answer.Outlet.NONE, LONG, true)).isEqualTo(new UsageReport(5, 2, 8, 0));
        }
        assertThat(generation.isCancelled()).isTrue();
        assertThat(content(0)).isEqualTo("one");
    }

    @Test
    void shouldMergeChoices() {
        HandMadeGeneration first = new HandMadeGeneration().say("first").end(FinishReason.STOP);
        HandMadeGeneration second = new HandMadeGeneration().say("second").end(FinishReason.LENGTH);
        try (Answer answer = answer("", first, second)) {
            assertThat(answer.run(Answer.Outlet.NONE, LONG, true)).isEqualTo(new UsageReport(5, 2, 11, 0));
        }
        assertThat(content(0)).isEqualTo("first");
        assertThat(content(1)).isEqualTo("second");
        assertThat(choice(1).getString("finish_reason")).isEqualTo("length");
    }

    @Test
    void shouldEndAtOnceWithoutTheUsage() {
        HandMadeGeneration stopped = new HandMadeGeneration().say("xS");
        HandMadeGeneration ended = new HandMadeGeneration().say("y").end(FinishReason.STOP);
        try (Answer answer = answer("S", stopped, ended)) {
            answer.run(Answer.Outlet.NONE, LONG, false);
        }
        assertThat(stopped.isCancelled()).isTrue();
        assertThat(content(1)).isEqualTo("y");
    }

    @Test
    void shouldThrowTheCauseOfAnAbort() {
        HandMadeGeneration one = new HandMadeGeneration().say("a");
        HandMadeGeneration two = new HandMadeGeneration();
        Notes notes = new Notes();
        try (Answer answer = answer("", one, two)) {
            notes.onIdle = () -> {
                answer.abort(new IllegalStateException("first"));
                answer.abort(new IllegalStateException("second"));
            };
            assertThatThrownBy(() -> answer.run(notes, Duration.ofMillis(1), false))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("first");
        }
        assertThat(one.isCancelled()).isTrue();
        assertThat(two.isCancelled()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"CANCELLED, slow_reader, 500", "SHUTDOWN, shutting_down, 503", "DEADLINE, timeout, 504"})
    void shouldTurnAnUnwantedEndIntoAnError(FinishReason reason, String code, int status) {
        try (Answer answer = answer("", new HandMadeGeneration().say("a").end(reason))) {
            ApiException e = catchThrowableOfType(ApiException.class, () -> answer.run(Answer.Outlet.NONE, LONG, true));
            assertThat(e.error().code()).contains(code);
            assertThat(e.error().status()).isEqualTo(status);
        }
    }

    @Test
    void shouldPassTheEnginesFailureOn() {
        EngineException failure = new EngineException(EngineException.Kind.NATIVE, "broken");
        HandMadeGeneration other = new HandMadeGeneration();
        try (Answer answer = answer("", new HandMadeGeneration().fail(failure), other)) {
            assertThatThrownBy(() -> answer.run(Answer.Outlet.NONE, LONG, true)).isSameAs(failure);
        }
        assertThat(other.isCancelled()).as("closing cancels the rest").isTrue();
    }

    @Test
    void shouldSayThatItIsShuttingDownWhenInterrupted() {
        try (Answer answer = answer("", new HandMadeGeneration())) {
            Thread.currentThread().interrupt();
            ApiException e = catchThrowableOfType(ApiException.class, () -> answer.run(Answer.Outlet.NONE, LONG, true));
            assertThat(e.error().code()).contains("shutting_down");
        }
        assertThat(Thread.interrupted()).isFalse();
    }
}
