package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelFactsTest {
    private static final Map<String, String> METADATA = Map.of(
            "general.architecture", "llama",
            "llama.block_count", "30",
            "llama.embedding_length", "576",
            "llama.attention.head_count", "9",
            "llama.attention.head_count_kv", "3");

    @Test
    void shouldCountTheBytesOfACell() {
        assertThat(ModelFacts.cellBytes(METADATA)).isEqualTo(30 * 3 * (64 + 64) * 2);
    }

    @Test
    void shouldTakeTheWidthsThatTheFileNames() {
        Map<String, String> metadata = new HashMap<>(METADATA);
        metadata.put("llama.attention.key_length", "128");
        metadata.put("llama.attention.value_length", "32");

        assertThat(ModelFacts.cellBytes(metadata)).isEqualTo(30 * 3 * (128 + 32) * 2);
    }

    @Test
    void shouldNotGuess() {
        Map<String, String> metadata = new HashMap<>(METADATA);
        metadata.put("llama.attention.head_count_kv", "[3, 4]");

        assertThat(ModelFacts.cellBytes(metadata)).isZero();
        assertThat(ModelFacts.cellBytes(Map.of())).isZero();
    }

    @Test
    void shouldTurnTokensIntoWords() {
        assertThat(new ModelFacts(1.25, 0).words(1000)).isEqualTo(800);
    }
}
