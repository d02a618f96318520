package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.chat.template.TemplateException;
import dev.martlet.model.TestModel;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates that want too much, as a model file or {@code --chat-template} may bring them: an error, and no more. */
@Timeout(120)
class HostileTemplateIT {
    private static final String LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    private static final String RECURSION = "{% macro m(x) %}{{ m([x]) }}{% endmacro %}{{ m(1) }}";
    private static final String GIGABYTE = "{{ 'x' * 1000000000 }}";

    /** Harmless until a user says the word, so that it is only met when a request is rendered. */
    private static String armed(String hostile) {
        return "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% if m.content == 'now' %}" + hostile
                + "{% endif %}{% endfor %}<|assistant|>";
    }

    @ParameterizedTest
    @ValueSource(strings = {LOOP, RECURSION, GIGABYTE})
    void shouldRefuseTheRequestAndStayUp(String hostile) {
        try (ServerRig rig = ServerRig.speaking(armed(hostile), List.of(), prompt -> "fine")) {
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> refused = rig.post(ServerRig.body("now", "\"stream\":" + (i == 1)));
                assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
                JsonObject error = ServerRig.json(refused).getJsonObject("error");
                assertThat(error.getString("code")).isEqualTo("template_error");
                assertThat(error.getString("param")).isEqualTo("messages");
                assertThat(rig.post(ServerRig.body("hi", "")).body()).contains("fine");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {LOOP, RECURSION, GIGABYTE, "{% if tools %}" + LOOP + "{% endif %}{{ messages[0].content }}"})
    void shouldFailToLoad(String hostile) {
        assertThatThrownBy(() -> PromptRenderer.of(Optional.of(hostile), Map.of()))
                .isInstanceOfSatisfying(TemplateException.class, e -> {
                    assertThat(e.kind()).isEqualTo(TemplateException.Cause.LIMIT);
                    assertThat(e.line()).isPositive();
                });
    }

    @Test
    void shouldTellTheUserOfTheCommand(@TempDir Path directory) throws IOException, InterruptedException {
        Path file = Files.writeString(directory.resolve("hostile.jinja"), LOOP);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.martlet.cli.Main",
                        "serve",
                        "--port",
                        "0",
                        "--model",
                        TestModel.path().toString(),
                        "--chat-template",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(output).isTrue();
            assertThat(process.exitValue()).as(output).isEqualTo(1);
            assertThat(output)
                    .contains("the chat template " + file)
                    .contains("steps")
                    .doesNotContain("ready on");
        } finally {
            process.destroyForcibly();
        }
    }
}
