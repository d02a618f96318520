package dev.martlet.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A request from its submission to its end, for Java Flight Recorder. It carries no text. */
@Name("martlet.Request")
@Label("Request")
@Category("Martlet")
@Description("A generation request, from its submission to its end")
@StackTrace(false)
final class RequestEvent extends Event {

    /** Only asked whether anybody records. */
    private static final RequestEvent PROBE = new RequestEvent();

    @Label("Request Id")
    @Description("Requests of an engine are numbered from 0 in their order of arrival")
    long requestId;

    @Label("Prompt Tokens")
    int promptTokens;

    @Label("Cached Tokens")
    @Description("Tokens of the prompt that came from the cache")
    int cachedTokens;

    @Label("Completion Tokens")
    int completionTokens;

    @Label("Queue Wait")
    @Description("Until it first ran; -1 ns when it never did")
    @Timespan(Timespan.NANOSECONDS)
    long queueWait;

    @Label("Time To First Token")
    @Description("-1 ns when there was none")
    @Timespan(Timespan.NANOSECONDS)
    long timeToFirstToken;

    @Label("Preemptions")
    @Description("How often it lost its cells for a while")
    int preemptions;

    @Label("Finish Reason")
    String finishReason;

    @Label("Cache Outcome")
    @Description("Why no more of the prompt came from the cache, e.g. diverged at token 812")
    String cacheOutcome;

    /** An event that begins now, or null when nobody records. */
    static RequestEvent begun() {
        if (!PROBE.isEnabled()) {
            return null;
        }
        RequestEvent event = new RequestEvent();
        event.begin();
        return event;
    }

    void finish(RequestTrace trace) {
        requestId = trace.id;
        promptTokens = trace.promptTokens;
        cachedTokens = trace.cachedTokens();
        completionTokens = trace.outputTokens;
        queueWait = since(trace, trace.firstRun);
        timeToFirstToken = since(trace, trace.firstToken);
        preemptions = trace.preemptions;
        finishReason = trace.reason.map(FinishReason::name).orElse("");
        cacheOutcome = trace.cache.map(CacheOutcome::reason).orElse("");
        commit();
    }

    private static long since(RequestTrace trace, long moment) {
        return moment == RequestTrace.NEVER ? -1 : moment - trace.submitted;
    }
}
