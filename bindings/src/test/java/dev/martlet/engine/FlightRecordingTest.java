package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The flight recorder's events. */
class FlightRecordingTest {

    @TempDir
    Path folder;

    private List<RecordedEvent> record(Runnable work) throws IOException {
        Path file = folder.resolve("engine.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("martlet.Request");
            recording.enable("martlet.Step");
            recording.start();
            work.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getThread().getJavaThreadId()
                        == Thread.currentThread().threadId())
                .toList();
    }

    private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .toList();
    }

    @Test
    void shouldRecordRequestsAndSteps() throws IOException {
        Rig rig = Rig.answering(400, prompt -> "ok");
        rig.submit("You are a bird. Sing.", 5);
        rig.runAll();
        List<RecordedEvent> events = record(() -> {
            rig.runner.beforeStep(() -> rig.clock.addAndGet(2_000_000));
            rig.submit("You are a bird. Fly.", 5);
            rig.clock.addAndGet(7_000_000);
            rig.runAll();
        });
        List<RecordedEvent> requests = named(events, "martlet.Request");
        assertThat(requests).hasSize(1);
        RecordedEvent request = requests.getFirst();
        assertThat(request.getLong("requestId")).isEqualTo(1);
        assertThat(request.getInt("promptTokens")).isEqualTo(20);
        assertThat(request.getInt("cachedTokens")).isEqualTo(16);
        assertThat(request.getInt("completionTokens")).isEqualTo(2);
        assertThat(request.getDuration("queueWait")).isEqualTo(Duration.ofMillis(7));
        assertThat(request.getDuration("timeToFirstToken")).isEqualTo(Duration.ofMillis(9));
        assertThat(request.getString("finishReason")).isEqualTo("STOP");
        assertThat(request.getString("cacheOutcome")).isEqualTo("diverged at token 16");
        assertThat(request.getDuration()).isPositive();
        List<RecordedEvent> steps = named(events, "martlet.Step");
        assertThat(steps).as("the prompt's rest, two tokens").hasSize(3);
        assertThat(steps.getFirst().getInt("tokens")).isEqualTo(4);
        assertThat(steps.getFirst().getInt("requests")).isEqualTo(1);
        assertThat(steps.getFirst().getInt("sampledRows")).isEqualTo(1);
        assertThat(steps.getFirst().getString("status")).isEqualTo("OK");
        assertThat(steps.getFirst().getDuration("modelTime")).isEqualTo(Duration.ofNanos(4_000));
        assertThat(steps.getLast().getInt("usedCells")).isPositive();
    }

    @Test
    void shouldRecordStepsThatFail() throws IOException {
        Rig rig = Rig.answering(400, prompt -> "ok");
        List<RecordedEvent> events = record(() -> {
            rig.runner.inject(ScriptedStepRunner.Fault.FAILED);
            rig.submit("hello", 5);
            rig.runAll();
        });
        assertThat(named(events, "martlet.Step").getFirst().getString("status")).isEqualTo("FAILED");
    }

    @Test
    void shouldMakeNoEventWhenNobodyRecords() {
        assertThat(RequestEvent.begun()).isNull();
        assertThat(StepEvent.begun()).isNull();
    }
}
