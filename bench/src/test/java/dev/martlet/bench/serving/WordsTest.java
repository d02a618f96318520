package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WordsTest {
    @Test
    void shouldGiveTheSameTextsForTheSameSeedAndOthersForAnother() {
        Words words = new Words(7);
        String first = words.text(30);
        String second = words.text(30);

        assertThat(first.split(" ")).hasSize(30);
        assertThat(second).isNotEqualTo(first);
        assertThat(new Words(7).text(30)).isEqualTo(first);
        assertThat(new Words(8).text(30)).isNotEqualTo(first);
    }
}
