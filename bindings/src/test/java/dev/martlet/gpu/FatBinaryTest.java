package dev.martlet.gpu;

import static dev.martlet.gpu.DeviceCode.FAMILY;
import static dev.martlet.gpu.DeviceCode.PLAIN;
import static dev.martlet.gpu.DeviceCode.PTX;
import static dev.martlet.gpu.DeviceCode.SASS;
import static dev.martlet.gpu.DeviceCode.SPECIFIC;
import static dev.martlet.gpu.DeviceCode.SPECIFIC_120;
import static dev.martlet.gpu.DeviceCode.SPECIFIC_PTX;
import static dev.martlet.gpu.DeviceCode.container;
import static dev.martlet.gpu.DeviceCode.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FatBinaryTest {

    @TempDir
    Path folder;

    @Test
    void shouldTellMachineCodeFromPtxAndReadSuffixes() throws IOException {
        byte[] part = container(
                entry(SASS, 120, SPECIFIC_120, 40),
                entry(SASS, 86, PLAIN, 8),
                entry(SASS, 90, SPECIFIC, 8),
                entry(SASS, 100, FAMILY, 8),
                entry(PTX, 90, SPECIFIC_PTX, 24),
                entry(PTX, 75, PLAIN, 16));

        FatBinary code = FatBinary.read(library(".nv_fatbin", part));

        assertThat(code.sass()).containsExactly("86", "90a", "100f", "120a");
        assertThat(code.ptx()).containsExactly("75", "90a");
    }

    @Test
    void shouldTellOnlyWhatEveryPartHasCodeFor() throws IOException {
        byte[] one = container(entry(SASS, 86, PLAIN, 8), entry(SASS, 89, PLAIN, 8), entry(PTX, 80, PLAIN, 8));
        byte[] two = container(entry(SASS, 89, PLAIN, 8), entry(PTX, 80, PLAIN, 8), entry(PTX, 90, PLAIN, 8));

        FatBinary code = FatBinary.read(library(".nv_fatbin", one, new byte[24], two));

        assertThat(code.sass()).containsExactly("89");
        assertThat(code.ptx()).containsExactly("80");
    }

    @Test
    void shouldPassOverEntriesOfOtherKinds() throws IOException {
        FatBinary code = FatBinary.read(library(".nv_fatbin", container(entry(16, 80, PLAIN, 8))));

        assertThat(code.sass()).isEmpty();
        assertThat(code.ptx()).isEmpty();
    }

    @Test
    void shouldRefuseALibraryWithoutDeviceCode() throws IOException {
        Path library = library(".text", container(entry(SASS, 86, PLAIN, 8)));

        assertThatThrownBy(() -> FatBinary.read(library))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(library.toString())
                .hasMessageContaining("no device code");
    }

    @Test
    void shouldRefuseWhatIsNoLibrary() throws IOException {
        Path file = Files.writeString(folder.resolve("text"), "text ".repeat(40));

        assertThatThrownBy(() -> FatBinary.read(file)).hasMessageContaining("not a library");
        assertThatThrownBy(() -> FatBinary.read(Files.write(folder.resolve("empty"), new byte[0])))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("too early");
    }

    @Test
    void shouldEndOnAnyDamage() throws IOException {
        byte[] whole = Files.readAllBytes(
                library(".nv_fatbin", container(entry(SASS, 86, PLAIN, 32), entry(PTX, 80, PLAIN, 32))));
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            byte[] damaged = whole.clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            Path file = Files.write(folder.resolve("damaged"), damaged);
            try {
                FatBinary.read(file);
            } catch (IOException e) {
                assertThat(e).as("seed %d", seed).hasMessageContaining("damaged");
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private Path library(String section, byte[]... parts) throws IOException {
        return Files.write(folder.resolve("library.so"), DeviceCode.library(section, parts));
    }
}
