package dev.martlet.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A step of the engine, for Java Flight Recorder. */
@Name("martlet.Step")
@Label("Step")
@Category("Martlet")
@Description("One step of the engine: a batch of prompts' chunks and single tokens")
@StackTrace(false)
final class StepEvent extends Event {

    /** Only asked whether anybody records. */
    private static final StepEvent PROBE = new StepEvent();

    @Label("Tokens")
    int tokens;

    @Label("Requests")
    int requests;

    @Label("Sampled Rows")
    int sampledRows;

    @Label("Used Cells")
    @Description("Cells of the KV cache in use after the step")
    int usedCells;

    @Label("Model Time")
    @Timespan(Timespan.MICROSECONDS)
    long modelTime;

    @Label("Sampling Time")
    @Timespan(Timespan.MICROSECONDS)
    long samplingTime;

    @Label("Status")
    String status;

    /** An event that begins now, or null when nobody records. */
    static StepEvent begun() {
        if (!PROBE.isEnabled()) {
            return null;
        }
        StepEvent event = new StepEvent();
        event.begin();
        return event;
    }

    void finish(StepStatus outcome, StepPlan plan, StepResult result, int cells) {
        tokens = plan.size();
        requests = plan.segments();
        sampledRows = plan.outputs();
        usedCells = cells;
        if (outcome == StepStatus.OK) {
            modelTime = result.decodeMicros();
            samplingTime = result.sampleMicros();
        }
        status = outcome.name();
        commit();
    }
}
