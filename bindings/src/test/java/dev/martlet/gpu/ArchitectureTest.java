package dev.martlet.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchitectureTest {

    private static ComputeCapability capability(String text) {
        String[] parts = text.split("\\.");
        return new ComputeCapability(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    @ParameterizedTest
    @CsvSource({
        // machine code: the same generation, not older
        "86, 8.6, true, true",
        "86, 8.9, true, true",
        "86, 8.0, false, false",
        "86, 9.0, false, true",
        "90, 9.0, true, true",
        "75, 8.0, false, true",
        "100, 12.0, false, true",
        "120, 12.1, true, true",
        // a: the very one
        "90a, 9.0, true, true",
        "120a, 12.0, true, true",
        "120a, 12.1, false, false",
        "121a, 12.1, true, true",
        "121a, 12.0, false, false",
        // f: the generation, from that one on
        "100f, 10.0, true, true",
        "100f, 10.3, true, true",
        "103f, 10.0, false, false",
        "100f, 12.0, false, false",
        "120f, 12.1, true, true",
        // systems on a chip run nothing made for cards, and the other way round
        "86, 8.7, false, true",
        "87, 8.7, true, true",
        "87, 8.9, false, true",
        "100f, 10.1, false, false",
    })
    void shouldKnowWhichDevicesRunWhat(String name, String device, boolean machineCode, boolean ptx) {
        Architecture architecture = Architecture.parse(name);
        assertThat(architecture.machineCodeRunsOn(capability(device))).isEqualTo(machineCode);
        assertThat(architecture.ptxRunsOn(capability(device))).isEqualTo(ptx);
        assertThat(architecture).hasToString(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "9", "sm_90", "90b", "9.0", "0", "1200", "90 ", "-90", "aa"})
    void shouldRefuseOtherNames(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Architecture.parse(name))
                .withMessageContaining("\"" + name + "\"");
    }
}
