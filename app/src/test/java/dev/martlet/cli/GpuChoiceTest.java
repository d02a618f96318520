package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.martlet.cli.GpuChoice.Auto;
import dev.martlet.cli.GpuChoice.Layers;
import dev.martlet.cli.GpuChoice.Off;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class GpuChoiceTest {
    private final GpuChoice.Converter converter = new GpuChoice.Converter();

    @Test
    void shouldReadEachKind() {
        assertThat(converter.convert("auto")).isEqualTo(new Auto());
        assertThat(converter.convert("OFF")).isEqualTo(new Off());
        assertThat(converter.convert("0")).isEqualTo(new Off());
        assertThat(converter.convert(" 20 ")).isEqualTo(new Layers(20));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "on", "-1", "1.5", "all", "1234567"})
    void shouldRefuseAnythingElse(String text) {
        assertThatExceptionOfType(TypeConversionException.class)
                .isThrownBy(() -> converter.convert(text))
                .withMessage("'" + text + "' is not auto, off or a number of layers");
    }
}
