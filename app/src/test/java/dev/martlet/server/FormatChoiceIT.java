package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.server.FormatChoice.Evidence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Calls that each template of llama.cpp's bundle renders come back by the format that is told from it. */
class FormatChoiceIT {
    /** They describe tools, but show no calls of an assistant. */
    private static final Set<String> UNTESTED =
            Set.of("LFM2-8B-A1B", "LFM2.5-Instruct", "ibm-granite-granite-3.3-2B-Instruct");

    static List<Path> templates() throws IOException {
        Path directory = Path.of(System.getProperty("martlet.llama.templates"));
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".jinja"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("templates")
    void shouldReadWhatTheTemplateRenders(Path file) throws IOException {
        Optional<String> source = Optional.of(Files.readString(file));
        var renderer = PromptRenderer.of(source, Map.of("bos_token", "<s>", "eos_token", "</s>"));
        FormatChoice choice = FormatChoice.of(source, renderer);
        String name = file.getFileName().toString().replace(".jinja", "");
        assertThat(choice.evidence())
                .as(choice.format().id() + ": " + choice.reason())
                .isEqualTo(UNTESTED.contains(name) ? Evidence.UNTESTED : Evidence.CAME_BACK);
    }
}
