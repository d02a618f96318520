package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RenderCommandTest {
    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String input, String... args) {
        var command = new RenderCommand(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new CommandLine(command).execute(args);
    }

    private String template(String source) throws IOException {
        return Files.writeString(directory.resolve("t.jinja"), source).toString();
    }

    private String output() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldRenderStandardInput() throws IOException {
        assertThat(run("{\"x\": \"é😀\"}", "--template", template("a {{ x }}\n\n")))
                .isZero();
        assertThat(output()).isEqualTo("a é😀\n");
    }

    @Test
    void shouldStopTheClock() throws IOException {
        String template = template("{{ strftime_now('%d %B %Y %H:%M') }}");
        assertThat(run("{}", "--template", template, "--now", "2026-01-02T03:04:05"))
                .isZero();
        assertThat(run("{}", "--template", template, "--now", "2026-01-02T03:04:05+02:00"))
                .isZero();
        assertThat(output()).isEqualTo("02 January 2026 03:04".repeat(2));
    }

    @Test
    void shouldFailWithMessage() throws IOException {
        assertThat(run("{}", "--template", template("\n{{ raise_exception('no') }}")))
                .isEqualTo(1);
        assertThat(run("nonsense", "--template", template("x"))).isEqualTo(1);
        assertThat(run("{}", "--template", template("x"), "--now", "soon")).isEqualTo(1);
        assertThat(run("{}", "--template", directory.resolve("none").toString()))
                .isEqualTo(1);
        assertThat(run("{}")).isEqualTo(2);
        assertThat(output()).isEmpty();
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("martlet render: no (template line 2, column 19)")
                .contains("no such file");
    }

    @Test
    void shouldAnswerEveryCaseOfBatch() throws IOException {
        String template = template("{{ x }} {{ strftime_now('%Y') }}");
        String cases = """
                {"id": 1, "template": %s, "now": "2026-01-02T03:04:05", "context": {"x": "é"}}

                {"id": "two", "template": %s, "context": {"x": {"y": 1}}, "now": "2027-01-01T00:00:00"}
                {"id": 3, "template": "missing.jinja", "context": {}}
                not json
                {"id": 5}
                {"id": 6, "template": 7}
                """.replace("%s", "\"" + template.replace("\\", "\\\\") + "\"");
        Path file = Files.writeString(directory.resolve("cases.jsonl"), cases);
        assertThat(run("", "--batch", file.toString())).isZero();
        List<String> lines = output().lines().toList();
        assertThat(lines).hasSize(6);
        assertThat(lines.get(0)).isEqualTo("{\"id\":1,\"prompt\":\"é 2026\"}");
        assertThat(lines.get(1)).isEqualTo("{\"id\":\"two\",\"prompt\":\"{'y': 1} 2027\"}");
        assertThat(lines.get(2)).startsWith("{\"id\":3,\"error\":\"no such file");
        assertThat(lines.get(3)).startsWith("{\"id\":null,\"error\":");
        assertThat(lines.get(4)).isEqualTo("{\"id\":5,\"error\":\"the case names no template\"}");
        assertThat(lines.get(5)).startsWith("{\"id\":6,\"error\":");
        out.reset();
        assertThat(run(cases, "--batch", "-")).isZero();
        assertThat(output().lines()).hasSize(6);
    }
}
