package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import org.junit.jupiter.api.Test;

class ChatTest {
    @Test
    void shouldAskForExactlySoManyTokensWithUsage() {
        JsonObject body = parse(Chat.of("be \"brief\"", "hi", 5).body());

        assertThat(body.getInt("max_tokens")).isEqualTo(5);
        assertThat(body.getBoolean("ignore_eos")).isTrue();
        assertThat(body.getBoolean("stream")).isTrue();
        assertThat(body.getInt("temperature")).isZero();
        assertThat(body.getJsonObject("stream_options").getBoolean("include_usage"))
                .isTrue();
        assertThat(body.getJsonArray("messages").getJsonObject(0).getString("content"))
                .isEqualTo("be \"brief\"");
    }

    @Test
    void shouldGoOnWithAConversation() {
        Chat longer = Chat.of("one", 3).then(new Chat.Message("assistant", "two"), new Chat.Message("user", "three"));

        assertThat(longer.messages()).extracting(Chat.Message::text).containsExactly("one", "two", "three");
        assertThat(longer.maxTokens()).isEqualTo(3);
    }

    @Test
    void shouldRefuseAnswersOfNothing() {
        assertThatThrownBy(() -> Chat.of("one", 0)).isInstanceOf(IllegalArgumentException.class);
    }

    private static JsonObject parse(byte[] json) {
        return Json.createReader(new ByteArrayInputStream(json)).readObject();
    }
}
