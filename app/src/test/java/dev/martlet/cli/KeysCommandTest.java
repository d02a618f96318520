package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.access.KeyHash;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class KeysCommandTest {

    private static List<String> lines(String input, int exit, String... args) {
        InputStream in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream both = new PrintStream(out, true, StandardCharsets.UTF_8);
        CommandLine command = new CommandLine(new KeysCommand(in, both))
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    both.println(failure.getMessage());
                    return 1;
                });
        assertThat(command.execute(args)).isEqualTo(exit);
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void shouldHashTheKeyOnItsInput() {
        assertThat(lines("sk-martlet\n", 0, "hash"))
                .containsExactly(KeyHash.of("sk-martlet").written());
        assertThat(lines("\n", 1, "hash"))
                .containsExactly("keys hash reads the key from standard input, and there was none");
        assertThat(lines("sk one\n", 1, "hash")).containsExactly("a key must not have white space in it");
    }

    @Test
    void shouldMakeAKeyAndItsHash() {
        List<String> made = lines("", 0, "new");
        assertThat(made).hasSize(2);
        assertThat(made.get(1)).isEqualTo(KeyHash.of(made.get(0)).written());
    }
}
