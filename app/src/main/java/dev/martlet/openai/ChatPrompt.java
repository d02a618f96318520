package dev.martlet.openai;

import dev.martlet.chat.Conversation;
import jakarta.json.JsonObject;
import java.util.Objects;

/**
 * What of a chat request its prompt is made of.
 *
 * @param addGenerationPrompt whether the template opens the assistant's turn
 * @param continueFinalMessage whether the prompt ends within the last message, for the answer to go on with it
 * @param templateKwargs further variables of the chat template
 */
public record ChatPrompt(
        Conversation conversation,
        boolean addGenerationPrompt,
        boolean continueFinalMessage,
        JsonObject templateKwargs) {

    public ChatPrompt {
        Objects.requireNonNull(conversation, "conversation");
        Objects.requireNonNull(templateKwargs, "templateKwargs");
    }
}
