package dev.martlet.bench.serving;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One request: a conversation and how many tokens to answer with, exactly.
 *
 * @param maxTokens tokens of the answer; the model's own end is ignored
 */
record Chat(List<Message> messages, int maxTokens) {

    /** @param role system, user or assistant */
    record Message(String role, String text) {}

    Chat {
        messages = List.copyOf(messages);
        if (maxTokens < 1) {
            throw new IllegalArgumentException("maxTokens is " + maxTokens + ", must be at least 1");
        }
    }

    static Chat of(String user, int maxTokens) {
        return new Chat(List.of(new Message("user", user)), maxTokens);
    }

    static Chat of(String system, String user, int maxTokens) {
        return new Chat(List.of(new Message("system", system), new Message("user", user)), maxTokens);
    }

    /** This conversation and what comes after it. */
    Chat then(Message... more) {
        List<Message> all = new ArrayList<>(messages);
        all.addAll(List.of(more));
        return new Chat(all, maxTokens);
    }

    /** The body of {@code POST /v1/chat/completions}: greedy, streamed, with usage. */
    byte[] body() {
        JsonArrayBuilder array = Json.createArrayBuilder();
        for (Message message : messages) {
            array.add(Json.createObjectBuilder().add("role", message.role()).add("content", message.text()));
        }
        return Json.createObjectBuilder()
                .add("model", "any")
                .add("messages", array)
                .add("max_tokens", maxTokens)
                .add("temperature", 0)
                .add("ignore_eos", true)
                .add("stream", true)
                .add("stream_options", Json.createObjectBuilder().add("include_usage", true))
                .build()
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }
}
