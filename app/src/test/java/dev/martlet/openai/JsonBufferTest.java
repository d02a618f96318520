package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonBufferTest {

    private static String quoted(CharSequence text) {
        return new String(new JsonBuffer(1).string(text).toBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void shouldEscapeWhatJsonReserves() {
        assertThat(quoted("a\"b\\c/\n\r\t\b\f\u0000\u001f\u007f"))
                .isEqualTo("\"a\\\"b\\\\c/\\n\\r\\t\\u0008\\u000c\\u0000\\u001f\u007f\"");
    }

    @Test
    void shouldRoundTripEveryCodePoint() {
        StringBuilder all = new StringBuilder();
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
                all.appendCodePoint(c);
            }
        }
        assertThat(parsed(quoted(all))).isEqualTo(all.toString());
    }

    @Test
    void shouldWriteTheSameUtf8AsTheJdk() {
        String text = "z\u00e9\u07ff\u0800\uffff\ud83d\ude00\udbff\udfff";
        assertThat(new JsonBuffer(1).string(text).toBytes())
                .isEqualTo(("\"" + text + "\"").getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void shouldReplaceLoneSurrogates() {
        assertThat(quoted("a\ud83d")).isEqualTo("\"a\ufffd\"");
        assertThat(quoted("\ude00b")).isEqualTo("\"\ufffdb\"");
        assertThat(quoted("\ud83dx\ud83d\ud83d\ude00")).isEqualTo("\"\ufffdx\ufffd\ud83d\ude00\"");
    }

    @Test
    void shouldRoundTripRandomTextWithAnyCapacity() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(40); length > 0; length--) {
                int c = random.nextInt(random.nextBoolean() ? 0x80 : 0x11000);
                text.appendCodePoint(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 'x' : c);
            }
            JsonBuffer buffer = new JsonBuffer(random.nextInt(8)).raw("[").string(text);
            String json = new String(buffer.raw("]").toBytes(), StandardCharsets.UTF_8);
            assertThat(parsed(json.substring(1, json.length() - 1)))
                    .as("seed %d", seed)
                    .isEqualTo(text.toString());
        }
    }

    @Test
    void shouldStartAnewAfterClear() throws IOException {
        JsonBuffer buffer = new JsonBuffer(2).raw("abc").clear().number(-5).stringOrNull(Optional.empty());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        buffer.writeTo(out);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("-5null");
        assertThat(buffer.size()).isEqualTo(6);
    }

    private static String parsed(String json) {
        try (JsonReader reader = Json.createReader(new StringReader("[" + json + "]"))) {
            JsonArray array = reader.readArray();
            return array.getString(0);
        }
    }
}
