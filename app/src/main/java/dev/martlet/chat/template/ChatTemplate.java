package dev.martlet.chat.template;

import jakarta.json.JsonObject;

/** A compiled chat template; immutable and safe from any thread. */
public interface ChatTemplate {

    /**
     * Renders the template.
     *
     * @param context the template's variables: messages, tools, add_generation_prompt, bos_token, ...
     * @return the prompt text
     */
    String render(JsonObject context);
}
