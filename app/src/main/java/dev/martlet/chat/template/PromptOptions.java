package dev.martlet.chat.template;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.time.Clock;
import java.util.Objects;

/**
 * How a conversation is to be rendered.
 *
 * @param variables more variables for the template ({@code chat_template_kwargs}); they cannot replace the messages, the
 *     tools or the tokenizer's tokens
 * @param addGenerationPrompt whether the prompt ends where the model's answer begins
 * @param continueFinalMessage whether the prompt ends within the last message, for the model to go on with it; not
 *     together with a generation prompt
 * @param clock the time and zone the template may tell
 */
public record PromptOptions(
        JsonObject variables, boolean addGenerationPrompt, boolean continueFinalMessage, Clock clock) {
    public PromptOptions {
        Objects.requireNonNull(variables, "variables");
        Objects.requireNonNull(clock, "clock");
        if (addGenerationPrompt && continueFinalMessage) {
            throw new IllegalArgumentException("add_generation_prompt and continue_final_message cannot both be true");
        }
    }

    /** A generation prompt, no more variables, the machine's clock. */
    public static PromptOptions defaults() {
        return new PromptOptions(JsonValue.EMPTY_JSON_OBJECT, true, false, Clock.systemDefaultZone());
    }

    public PromptOptions withVariables(JsonObject more) {
        return new PromptOptions(more, addGenerationPrompt, continueFinalMessage, clock);
    }

    public PromptOptions withClock(Clock other) {
        return new PromptOptions(variables, addGenerationPrompt, continueFinalMessage, other);
    }

    /** To go on with the last message instead of beginning one. */
    public PromptOptions continuing() {
        return new PromptOptions(variables, false, true, clock);
    }
}
