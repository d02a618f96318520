package dev.martlet.openai;

import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Reads what a request says to the chat template beside its messages. */
public final class TemplateVariables {
    private static final String EFFORT = "reasoning_effort";
    private static final String THINKING = "enable_thinking";
    private static final Set<String> EFFORTS = Set.of("none", "minimal", "low", "medium", "high", "xhigh", "max");

    private final Predicate<String> known;
    private final List<String> ignored;

    /** Where an effort was read that the template does not read. */
    private Optional<String> unreadEffort = Optional.empty();

    /**
     * @param known whether the chat template reads a variable of this name
     * @param ignored receives the paths of fields that have no effect
     */
    public TemplateVariables(Predicate<String> known, List<String> ignored) {
        this.known = Objects.requireNonNull(known, "known");
        this.ignored = Objects.requireNonNull(ignored, "ignored");
    }

    /** How much the model is to think: from {@code none} to {@code max}. */
    public Optional<String> effort(Fields fields, String name) {
        Optional<String> effort = fields.string(name);
        effort.ifPresent(found -> {
            if (!EFFORTS.contains(found)) {
                throw Fields.invalidValue(
                        fields.path(name), "'" + Fields.shorten(found) + "' is no effort known here.");
            }
            if (!known.test(EFFORT) && !(found.equals("none") && known.test(THINKING))) {
                unreadEffort = Optional.of(fields.path(name));
            }
        });
        return effort;
    }

    /** Notes a switch of the thinking, at this path, where the template has none. */
    public void noteSwitch(String path) {
        if (!known.test(THINKING) && !known.test("thinking")) {
            ignored.add(path);
        }
    }

    /**
     * The variables, those of {@code chat_template_kwargs} among them. Templates know either an effort (gpt-oss) or a
     * switch (Qwen3, GLM-4.5); an explicit variable wins.
     *
     * @param request the whole request
     * @param thinking whether the model is to think; empty where the effort tells
     */
    public JsonObject read(Fields request, Optional<String> effort, Optional<Boolean> thinking) {
        JsonObject kwargs = request.object("chat_template_kwargs").orElse(JsonObject.EMPTY_JSON_OBJECT);
        kwargs.keySet().stream()
                .filter(name -> !known.test(name))
                .map(name -> "chat_template_kwargs." + name)
                .forEach(ignored::add);
        unreadEffort.ifPresent(ignored::add);
        JsonObjectBuilder all = Json.builders().createObjectBuilder();
        effort.ifPresent(found -> all.add(EFFORT, found));
        thinking.or(() -> effort.filter(found -> found.equals("none")).map(none -> false))
                .ifPresent(on -> all.add(THINKING, on));
        kwargs.forEach(all::add);
        return all.build();
    }
}
