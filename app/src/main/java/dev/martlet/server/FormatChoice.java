package dev.martlet.server;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Part;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolCall;
import dev.martlet.chat.ToolChoice;
import dev.martlet.chat.template.PromptOptions;
import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.chat.template.TemplateException;
import dev.martlet.chat.toolcall.Answer;
import dev.martlet.chat.toolcall.FormatDetector;
import dev.martlet.chat.toolcall.ParserOptions;
import dev.martlet.chat.toolcall.StopCause;
import dev.martlet.chat.toolcall.ToolCallFormat;
import dev.martlet.chat.toolcall.ToolCallFormats;
import dev.martlet.openai.ApiException;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The format a model's output is read by, and why. It is told from the template's text and then put to the test: calls
 * rendered by the template itself must come back when the format reads them. (llama.cpp does the like and calls it the
 * reconstruction test.)
 *
 * @param evidence what the test gave
 * @param reason what was found, in a line for the log
 */
public record FormatChoice(ToolCallFormat format, Evidence evidence, String reason) {

    /** What the test gave. */
    public enum Evidence {
        /** The calls came back. */
        CAME_BACK,
        /** They came back by another format than the one the template's text looks like, which is chosen. */
        CORRECTED,
        /** There is nothing to test with. */
        UNTESTED,
        /** They came back by no format, or not by the one that the user set. */
        LOST
    }

    /** No template tells the time of the probes. */
    private static final Clock CLOCK = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);

    private static final String PLAIN = "zqplain";
    private static final Message USER = new Message.User(text("How is the weather?"), Optional.empty());
    private static final List<Tool> TOOLS = List.of(tool("get_weather"), tool("get_forecast"));
    private static final List<ToolCall> CALLS = List.of(
            new ToolCall("call00001", "get_weather", "{\"city\":\"Zürich\",\"days\":3}"),
            new ToolCall("call00002", "get_forecast", "{\"city\":\"Rio de Janeiro\",\"days\":12}"));

    /** What the template makes of an answer, in the ways it may be cut out of the prompt. */
    private record Rendering(String promptSuffix, String output) {}

    public FormatChoice {
        Objects.requireNonNull(format, "format");
        Objects.requireNonNull(evidence, "evidence");
        Objects.requireNonNull(reason, "reason");
    }

    /**
     * Chooses by the template alone. Renders and parses a handful of short texts, which takes milliseconds.
     *
     * @param source the template's text; empty where the model has none
     * @param renderer the template's renderer
     * @throws TemplateException where the template runs into a limit
     */
    public static FormatChoice of(Optional<String> source, PromptRenderer renderer) {
        ToolCallFormat detected = source.map(FormatDetector::detect).orElseGet(FormatChoice::generic);
        Optional<String> untested = untested(renderer);
        if (untested.isPresent()) {
            return new FormatChoice(
                    detected, Evidence.UNTESTED, "told from the template's text alone: " + untested.get());
        }
        List<ToolCall> calls = calls(renderer);
        List<Rendering> renderings = renderings(renderer, calls);
        if (reads(detected, renderings, calls, false)) {
            return new FormatChoice(
                    detected, Evidence.CAME_BACK, "told from the template; calls it rendered came back");
        }
        List<ToolCallFormat> others = new ArrayList<>(List.of(generic()));
        others.addAll(ToolCallFormats.all());
        for (ToolCallFormat other : others) {
            // Many formats find a bare call in another's markers; only one leaves nothing over.
            if (reads(other, renderings, calls, true)) {
                return new FormatChoice(
                        other,
                        Evidence.CORRECTED,
                        "the template's text looks like " + detected.id() + ", but calls it rendered came back by "
                                + other.id() + " only");
            }
        }
        return new FormatChoice(
                detected,
                Evidence.LOST,
                "told from the template's text, but calls it rendered did not come back; --tool-format sets another");
    }

    /** A format that the user set, checked against the template all the same. */
    public static FormatChoice set(ToolCallFormat format, PromptRenderer renderer) {
        Optional<String> untested = untested(renderer);
        if (untested.isPresent()) {
            return new FormatChoice(format, Evidence.UNTESTED, "set by the user; unchecked: " + untested.get());
        }
        List<ToolCall> calls = calls(renderer);
        boolean whole = reads(format, renderings(renderer, calls), calls, false);
        return new FormatChoice(
                format,
                whole ? Evidence.CAME_BACK : Evidence.LOST,
                whole
                        ? "set by the user; calls the template rendered came back"
                        : "set by the user, but calls the template rendered did not come back");
    }

    private static ToolCallFormat generic() {
        return ToolCallFormats.byId(FormatDetector.GENERIC).orElseThrow();
    }

    /** Whether someone should look at it. */
    public boolean doubtful() {
        return evidence == Evidence.CORRECTED || evidence == Evidence.LOST;
    }

    /** Why calls cannot be rendered as the model would write them. */
    private static Optional<String> untested(PromptRenderer renderer) {
        return renderer.capabilities().tools() && !renderer.capabilities().toolCalls()
                ? Optional.of("it describes tools but shows no calls")
                : Optional.empty();
    }

    /** A template that shows one call a message gets one; those without any are written in the instructions' form. */
    private static List<ToolCall> calls(PromptRenderer renderer) {
        boolean single =
                renderer.capabilities().toolCalls() && !renderer.capabilities().parallelCalls();
        return single ? CALLS.subList(0, 1) : CALLS;
    }

    private static List<Rendering> renderings(PromptRenderer renderer, List<ToolCall> calls) {
        Message assistant = new Message.Assistant(List.of(), Optional.empty(), calls, Optional.empty());
        List<Message> asked = List.of(USER);
        List<Message> answered = List.of(USER, assistant);
        List<Message> returned = new ArrayList<>(answered);
        calls.forEach(call -> returned.add(new Message.ToolResult(call.id(), text("mild"), Optional.of(call.name()))));
        List<Rendering> renderings = new ArrayList<>();
        Optional<String> open = render(renderer, asked, true);
        Optional<String> closed = render(renderer, asked, false);
        String end = end(renderer);
        // Some templates insist on the calls' results.
        for (List<Message> history : List.of(answered, returned)) {
            Optional<String> whole = render(renderer, history, false)
                    .map(text -> text.endsWith(end) ? text.substring(0, text.length() - end.length()) : text);
            if (whole.isEmpty()) {
                continue;
            }
            if (open.isPresent() && whole.get().startsWith(open.get())) {
                renderings.add(new Rendering(
                        open.get(), whole.get().substring(open.get().length())));
            }
            // The generation prompt may open what a finished answer lacks, such as thoughts.
            int from = closed.map(text -> common(text, whole.get())).orElse(0);
            renderings.add(new Rendering("", whole.get().substring(from)));
        }
        return renderings;
    }

    /** What the template writes behind an answer. */
    private static String end(PromptRenderer renderer) {
        Message plain = new Message.Assistant(text(PLAIN), Optional.empty(), List.of(), Optional.empty());
        return render(renderer, List.of(USER, plain), false)
                .filter(text -> text.contains(PLAIN))
                .map(text -> text.substring(text.lastIndexOf(PLAIN) + PLAIN.length()))
                .orElse("");
    }

    private static int common(String a, String b) {
        int length = Math.min(a.length(), b.length());
        int same = 0;
        while (same < length && a.charAt(same) == b.charAt(same)) {
            same++;
        }
        // What ends the prompt may begin like the answer; a marker must not be cut in two.
        return same == a.length() ? same : Math.max(0, b.lastIndexOf('\n', same - 1) + 1);
    }

    private static Optional<String> render(PromptRenderer renderer, List<Message> messages, boolean open) {
        try {
            var options = new PromptOptions(JsonObject.EMPTY_JSON_OBJECT, open, false, CLOCK);
            return Optional.of(renderer.render(new Conversation(messages, TOOLS, new ToolChoice.Auto(), true), options)
                    .text());
        } catch (TemplateException e) {
            if (e.kind() == TemplateException.Cause.LIMIT) {
                throw e;
            }
            // A refusal: there is nothing to read then.
            return Optional.empty();
        }
    }

    private static boolean reads(
            ToolCallFormat format, List<Rendering> renderings, List<ToolCall> calls, boolean alone) {
        return renderings.stream().anyMatch(rendering -> {
            ParserOptions options = ParserOptions.of(TOOLS).withPromptSuffix(rendering.promptSuffix());
            Answer answer = Answer.parse(format, options, rendering.output(), StopCause.STOP);
            return same(answer.toolCalls(), calls)
                    && (!alone || answer.content().orElse("").isBlank());
        });
    }

    private static boolean same(List<ToolCall> read, List<ToolCall> calls) {
        if (read.size() != calls.size()) {
            return false;
        }
        for (int i = 0; i < calls.size(); i++) {
            boolean name = read.get(i).name().equals(calls.get(i).name());
            if (!name || !arguments(read.get(i)).equals(arguments(calls.get(i)))) {
                return false;
            }
        }
        return true;
    }

    private static Optional<JsonObject> arguments(ToolCall call) {
        try {
            return Optional.of(Json.object(call.arguments().getBytes(StandardCharsets.UTF_8)));
        } catch (ApiException e) {
            // The parser writes strict JSON; what is none did not come back whole.
            return Optional.empty();
        }
    }

    private static List<Part> text(String text) {
        return List.of(new Part.Text(text));
    }

    private static Tool tool(String name) {
        JsonObject definition = Json.object(("{\"type\":\"function\",\"function\":{\"name\":\"" + name
                        + "\",\"description\":\"Tells the weather\",\"parameters\":{\"type\":\"object\",\"properties\":{"
                        + "\"city\":{\"type\":\"string\",\"description\":\"City\"},"
                        + "\"days\":{\"type\":\"integer\",\"description\":\"Days\"}},\"required\":[\"city\",\"days\"]}}}")
                .getBytes(StandardCharsets.UTF_8));
        JsonObject function = definition.getJsonObject("function");
        return new Tool.Function(
                name,
                Optional.of(function.getString("description")),
                Optional.of(function.getJsonObject("parameters")),
                false,
                definition);
    }
}
