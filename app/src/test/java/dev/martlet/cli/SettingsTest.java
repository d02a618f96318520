package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Flags, then the environment, then the file of {@code --config}. */
class SettingsTest {

    @TempDir
    private Path folder;

    private Path file(String yaml) {
        try {
            return Files.writeString(folder.resolve("martlet.yaml"), yaml);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** What {@code serve} is told with these arguments and variables, by its options. */
    private static Map<String, Object> parsed(Map<String, String> environment, String... args) {
        String[] all = Stream.concat(Stream.of("serve"), Stream.of(args)).toArray(String[]::new);
        CommandLine command = Main.commandLine(environment::get, all);
        command.parseArgs(all);
        Map<String, Object> values = new HashMap<>();
        for (OptionSpec option :
                command.getSubcommands().get("serve").getCommandSpec().options()) {
            values.put(option.longestName(), option.getValue());
        }
        return values;
    }

    /** A value as it is, or what an optional one holds. */
    private static Object value(Map<String, Object> parsed, String name) {
        Object value = parsed.get(name);
        return value instanceof java.util.Optional<?> optional ? optional.orElse(null) : value;
    }

    @Test
    void shouldTakeFlagsBeforeVariablesBeforeTheFile() {
        Path yaml = file("port: 1\nparallel: 1\nqueue: 1\n");
        Map<String, String> environment = Map.of("MARTLET_PORT", "2", "MARTLET_PARALLEL", "2");
        Map<String, Object> values = parsed(environment, "--config", yaml.toString(), "--port", "3");
        assertThat(value(values, "--port")).isEqualTo(3);
        assertThat(value(values, "--parallel")).isEqualTo(2);
        assertThat(value(values, "--queue")).isEqualTo(1);
        assertThat(value(values, "--threads")).isNull();
    }

    @Test
    void shouldReadEachKindOfValue() {
        Path yaml = file("""
                # a comment
                model: "/models/a b.gguf"
                flash-attention: off
                no-prefix-cache: yes
                strict-model: false
                cors-origin: [https://a.example, "https://b.example"]
                api-key:
                  - sk-1
                  - sk-2
                """);
        Map<String, Object> values = parsed(Map.of(), "--config=" + yaml);
        assertThat(value(values, "--model")).isEqualTo(Path.of("/models/a b.gguf"));
        assertThat(value(values, "--flash-attention").toString()).isEqualTo("OFF");
        assertThat(value(values, "--no-prefix-cache")).isEqualTo(true);
        assertThat(value(values, "--strict-model")).isEqualTo(false);
        assertThat(value(values, "--cors-origin")).isEqualTo(List.of("https://a.example", "https://b.example"));
        assertThat(value(values, "--api-key")).isEqualTo(List.of("sk-1", "sk-2"));
    }

    @Test
    void shouldFindTheFileByTheEnvironmentAndListsInVariables() {
        Path yaml = file("port: 77\n");
        Map<String, Object> values = parsed(Map.of("MARTLET_CONFIG", yaml.toString(), "MARTLET_API_KEY", "sk-1,sk-2"));
        assertThat(value(values, "--port")).isEqualTo(77);
        assertThat(value(values, "--api-key")).isEqualTo(List.of("sk-1", "sk-2"));
        assertThat(value(parsed(Map.of(), "--config", file("").toString()), "--port"))
                .isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "prot: 1|line 2: there is no setting 'prot'; the nearest is 'port'",
                "ctx_size: 1|line 2: there is no setting 'ctx_size'; the nearest is 'ctx-size'",
                "config: x|line 2: there is no setting 'config'",
                "help: true|line 2: there is no setting 'help'",
                "queue: 2|line 2: queue is there twice",
                "port:|line 2: port needs a value, or a list of them",
                "port: {a: 1}|line 2: port needs a value, or a list of them",
                "port: [1, 2]|line 2: port takes one value, not a list",
                "? [a]|line 2: the name of a setting is expected",
                "'port: \"1'|line 2: found unexpected end of stream",
                "a b|line 2: could not find expected ':'"
            })
    void shouldNameTheLineOfAMistake(String line, String message) {
        Path yaml = file("queue: 1\n" + line + "\n");
        assertThatThrownBy(() -> parsed(Map.of(), "--config", yaml.toString()))
                .isInstanceOf(CommandFailure.class)
                .hasMessageStartingWith(yaml + ", line ")
                .hasMessageContaining(message);
    }

    @Test
    void shouldNameAFileThatIsNone() {
        Path none = folder.resolve("none.yaml");
        assertThatThrownBy(() -> parsed(Map.of(), "--config", none.toString()))
                .hasMessage("--config: no such file: " + none);
        Path list = file("- port\n");
        assertThatThrownBy(() -> parsed(Map.of(), "--config", list.toString()))
                .hasMessage(list + ", line 1: settings are expected, such as port: 8080");
    }

    /** What standard error gets. */
    private static String told(Map<String, String> environment, String... args) {
        PrintStream before = System.err;
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        try {
            System.setErr(new PrintStream(told, true, StandardCharsets.UTF_8));
            assertThat(Main.run(environment::get, args)).isNotZero();
        } finally {
            System.setErr(before);
        }
        return told.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldSayWhereABadValueComesFrom() {
        Path yaml = file("\nport: many\n");
        assertThat(told(Map.of(), "serve", "--config", yaml.toString()))
                .contains("'--port'")
                .contains("'many'")
                .contains("(from " + yaml + ", line 2)");
        assertThat(told(Map.of("MARTLET_PORT", "some"), "serve"))
                .contains("'some'")
                .contains("(from MARTLET_PORT)");
        assertThat(told(Map.of(), "serve", "--port", "few")).contains("'few'").doesNotContain("from");
        assertThat(told(Map.of(), "serve", "--config", folder + "/none")).contains("no such file");
    }

    @Test
    void shouldHaveAVariableForEachSetting() {
        assertThat(Settings.variable("--ctx-size")).isEqualTo("MARTLET_CTX_SIZE");
        CommandLine serve = Main.commandLine(name -> null).getSubcommands().get("serve");
        for (OptionSpec option : serve.getCommandSpec().options()) {
            assertThat(option.longestName()).as("a name that gives a variable").startsWith("--");
        }
    }
}
