package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.Engine;
import dev.martlet.model.Model;
import dev.martlet.model.TinyLlama;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TinyLlamaIT {
    @TempDir
    private Path folder;

    @Test
    void shouldAnswerOneWordAToken() throws IOException {
        Path file = TinyLlama.write(folder.resolve("tiny.gguf"), Words.all());
        String prompt = new Words(3).text(80);

        try (Model model = Model.open(file);
                Engine engine = Engine.start(model)) {
            assertThat(model.tokenizer().encode(prompt, false, false)).hasSize(80);
            String answer = String.join("", engine.generate(prompt, 100).text().toList());
            String spaced = answer.replaceAll("(?=" + String.join("|", Words.all()) + ")", " ");
            List<String> words = List.of(spaced.strip().split(" +"));

            assertThat(words).hasSize(100);
            assertThat(Words.all()).containsAll(words);
        }
        assertThat(ModelFacts.of(file).tokensPerWord()).isEqualTo(1);
    }

    @Test
    void shouldBeTheSameFileEveryTime() throws IOException {
        Path one = TinyLlama.write(folder.resolve("one.gguf"), Words.all());
        Path other = TinyLlama.write(folder.resolve("other.gguf"), Words.all());

        assertThat(Files.mismatch(one, other)).isEqualTo(-1);
    }
}
