package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class GrammarCommandTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private int run(String schema, String input, String... more) throws IOException {
        Path file = Files.writeString(folder.resolve("schema.json"), schema);
        String[] arguments = new String[more.length + 2];
        arguments[0] = "--schema";
        arguments[1] = file.toString();
        System.arraycopy(more, 0, arguments, 2, more.length);
        GrammarCommand command = new GrammarCommand(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8));
        return new CommandLine(command).execute(arguments);
    }

    private String[] lines() {
        return out.toString(StandardCharsets.UTF_8).split("\n");
    }

    @Test
    void shouldCheckDocuments() throws IOException {
        String schema = "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"enum\":[\"é\",2]}}}";
        int exit = run(schema, "{\"a\": \"é\"}\n{\"a\":3}\n{\"a\":2\n{\"b\": [], \"a\": 2}\n", "--check");
        assertThat(exit).isEqualTo(1);
        assertThat(lines()[0]).startsWith("compiled in ");
        assertThat(lines()).endsWith("accept", "reject at byte 5", "reject: it is not whole", "accept");
        out.reset();
        assertThat(run(schema, "{\"a\":2}\n", "--check", "--strict-layout")).isZero();
        assertThat(run(schema, "{\"a\": 2}\n", "--check", "--strict-layout")).isEqualTo(1);
    }

    @Test
    void shouldNameWhatCannotBeEnforced() throws IOException {
        assertThat(run("{\"items\":{\"unevaluatedItems\":false}}", "")).isEqualTo(1);
        assertThat(lines()[0])
                .startsWith("refused: UNSUPPORTED: unevaluatedItems")
                .contains("/items");
    }

    @Test
    void shouldCompileWithoutChecking() throws IOException {
        assertThat(run("true", "not read")).isZero();
        assertThat(lines()).hasSize(1);
    }
}
