package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MatrixRowTest {
    @Test
    void shouldStandInTheReadme() throws Exception {
        assertThat(Files.readString(Path.of("..", "README.md"))).contains("\n\n" + MatrixRow.expectedTable() + "\n");
    }
}
