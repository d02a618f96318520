package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The README's table of settings is what {@code serve} says of itself. {@code -Dmartlet.readme.write=true} writes it
 * anew.
 */
class ReadmeSettingsTest {
    private static final Path README = Path.of("..", "README.md");
    private static final Pattern DESCRIPTION = Pattern.compile("(.*?)[.]? \\(default: (.+)\\)\\.$");
    private static final String HEAD = "| flag | variable | default | what |\n|---|---|---|---|\n";
    private static final Pattern TABLE = Pattern.compile(Pattern.quote(HEAD) + "(\\|.*\n)*");

    private static String table() {
        CommandLine command = Main.commandLine(name -> null).getSubcommands().get("serve");
        CommandSpec serve = command.getCommandSpec();
        StringBuilder table = new StringBuilder(HEAD);
        List<OptionSpec> grouped = serve.argGroups().stream()
                .flatMap(group -> group.allOptionsNested().stream())
                .toList();
        rows(
                table,
                serve.options().stream()
                        .filter(option -> !grouped.contains(option))
                        .toList());
        for (ArgGroupSpec group : serve.argGroups()) {
            rows(table, group.allOptionsNested());
        }
        return table.toString();
    }

    private static void rows(StringBuilder table, List<OptionSpec> options) {
        options.stream()
                .filter(option -> !List.of("--help", "--version").contains(option.longestName()))
                .sorted(Comparator.comparing(OptionSpec::longestName))
                .forEach(option -> {
                    Matcher text = DESCRIPTION.matcher(option.description()[0]);
                    assertThat(text.matches()).as(option.longestName()).isTrue();
                    String value = option.arity().max() == 0 ? "" : " " + option.paramLabel();
                    table.append("| `%s%s` | `%s` | %s | %s |\n"
                            .formatted(
                                    option.longestName(),
                                    value,
                                    Settings.variable(option.longestName()),
                                    text.group(2),
                                    text.group(1)));
                });
    }

    @Test
    void shouldBeInTheReadmeAsTheyAre() throws IOException {
        String readme = Files.readString(README);
        Matcher found = TABLE.matcher(readme);
        assertThat(found.find()).as("a table of settings").isTrue();
        if (Boolean.getBoolean("martlet.readme.write")) {
            Files.writeString(README, readme.substring(0, found.start()) + table() + readme.substring(found.end()));
            return;
        }
        assertThat(found.group())
                .as("another run with -Dmartlet.readme.write=true writes it anew")
                .isEqualTo(table());
    }
}
