package dev.martlet.chat.template;

import jakarta.json.JsonObject;
import java.time.Clock;
import java.util.List;

/** A compiled chat template; immutable and safe from any thread. */
public interface ChatTemplate {

    /**
     * Renders the template and keeps apart what the template wrote from what the context brought in.
     *
     * @param context the template's variables: messages, tools, add_generation_prompt, bos_token, ...
     * @param clock the time and zone that {@code strftime_now} tells
     * @return the prompt in order; neighbours differ in {@link Segment#trusted()}, none is empty
     * @throws TemplateException where the template fails, raises, or goes over its limits
     */
    List<Segment> renderSegments(JsonObject context, Clock clock);

    /** Whether the template reads a variable of this name. */
    boolean uses(String variable);

    /**
     * Renders the template.
     *
     * @return the prompt text: the segments joined
     * @throws TemplateException as {@link #renderSegments}
     */
    default String render(JsonObject context, Clock clock) {
        return Segment.join(renderSegments(context, clock));
    }

    /** Renders the template at the present time of the machine's zone; see {@link #render(JsonObject, Clock)}. */
    default String render(JsonObject context) {
        return render(context, Clock.systemDefaultZone());
    }
}
