package dev.martlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.model.TestModel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example of README.md, compiled and run as it stands there. */
@Timeout(300)
class ReadmeIT {

    @Test
    void shouldCompileAndRunTheExample(@TempDir Path folder) throws Exception {
        Matcher example =
                Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(Path.of("README.md")));
        assertThat(example.find()).as("an example in README.md").isTrue();
        Path source = Files.writeString(folder.resolve("Story.java"), example.group(1));
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        int code = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        messages,
                        messages,
                        "-d",
                        folder.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        source.toString());
        assertThat(code).as(messages.toString(StandardCharsets.UTF_8)).isZero();

        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream standard = System.out;
        System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            Object[] arguments = {new String[] {TestModel.path().toString()}};
            loader.loadClass("Story").getMethod("main", String[].class).invoke(null, arguments);
        } finally {
            System.setOut(standard);
        }
        assertThat(output.toString(StandardCharsets.UTF_8).split("\\s+")).hasSizeGreaterThan(20);
    }
}
