package dev.martlet.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real calls into a library made for this; none of Martlet's own is loaded. */
@EnabledOnOs(OS.LINUX)
class DriverProbeTest {

    @TempDir
    private Path folder;

    private CudaDriver probe(String... facts) {
        String library = StubCuda.driver(folder, facts).toString();
        return DriverProbe.run(library, library, folder);
    }

    @Test
    void shouldReadDriverAndDevices() {
        assertThat(probe(
                        "driver 13010",
                        "release 590.44.01",
                        StubCuda.device("9.0", 85_000_000_000L, 84_000_000_000L, "NVIDIA H100 80GB HBM3"),
                        StubCuda.device("8.6", 24_000_000_000L, 25_000_000_000L, "NVIDIA GeForce RTX 3090"),
                        StubCuda.device("12.1", 128_000_000_000L, -1, "NVIDIA GB10")))
                .isEqualTo(new CudaDriver.Present(
                        new CudaVersion(13, 1),
                        Optional.of("590.44.01"),
                        List.of(
                                new CudaDevice(
                                        0,
                                        "NVIDIA H100 80GB HBM3",
                                        new ComputeCapability(9, 0),
                                        85_000_000_000L,
                                        OptionalLong.of(84_000_000_000L)),
                                new CudaDevice(
                                        1,
                                        "NVIDIA GeForce RTX 3090",
                                        new ComputeCapability(8, 6),
                                        24_000_000_000L,
                                        OptionalLong.of(24_000_000_000L)),
                                new CudaDevice(
                                        2,
                                        "NVIDIA GB10",
                                        new ComputeCapability(12, 1),
                                        128_000_000_000L,
                                        OptionalLong.empty()))));
    }

    @Test
    void shouldDoWithoutTheManagementLibrary() {
        Path driver = StubCuda.driver(folder, "driver 12040", StubCuda.device("8.0", 7, 5, "A100"));
        assertThat(DriverProbe.run(driver.toString(), folder.resolve("none.so").toString(), folder))
                .isEqualTo(new CudaDriver.Present(
                        new CudaVersion(12, 4),
                        Optional.empty(),
                        List.of(new CudaDevice(0, "A100", new ComputeCapability(8, 0), 7, OptionalLong.empty()))));
    }

    @Test
    void shouldTellADriverWithoutDevices() {
        CudaDriver none = new CudaDriver.Present(new CudaVersion(13, 0), Optional.empty(), List.of());
        assertThat(probe("driver 13000")).isEqualTo(none);
    }

    @Test
    void shouldTakeNoDeviceForNoFailure() {
        assertThat(probe("driver 13000", "init 100"))
                .isEqualTo(new CudaDriver.Present(new CudaVersion(13, 0), Optional.empty(), List.of()));
    }

    @Test
    void shouldSayWhatTheDriverSaysOfAFailure() {
        assertThat(probe("driver 13000", "init 803"))
                .isInstanceOfSatisfying(
                        CudaDriver.Failed.class,
                        failed -> assertThat(failed.reason())
                                .startsWith("cuInit of " + folder)
                                .endsWith("failed: system has unsupported display driver / cuda driver combination"
                                        + " (code 803)"));
    }

    @Test
    void shouldGiveTheCodeWhereTheDriverHasNoWords() {
        assertThat(probe("driver 13000", "init 999"))
                .isInstanceOfSatisfying(
                        CudaDriver.Failed.class,
                        failed -> assertThat(failed.reason()).endsWith("failed: code 999"));
    }

    @Test
    void shouldRefuseALibraryThatIsNoDriver() {
        Path library = StubCuda.compile("driver.c", folder.resolve("half.so"), "-DNO_INIT");
        assertThat(DriverProbe.run(library.toString(), library.toString(), folder))
                .isEqualTo(new CudaDriver.Failed(library + " has no cuInit, so it is no driver of CUDA"));
    }

    @Test
    void shouldSayWhyTheLibraryDoesNotOpen() throws IOException {
        Path text = Files.writeString(folder.resolve("text.so"), "no library");
        assertThat(DriverProbe.run(text.toString(), text.toString(), folder))
                .isInstanceOfSatisfying(
                        CudaDriver.Absent.class,
                        absent -> assertThat(absent.reason()).contains(text.toString(), "file too short"));
        assertThat(DriverProbe.run("libmartlet-none.so.1", "libmartlet-none.so.1", folder))
                .isInstanceOfSatisfying(
                        CudaDriver.Absent.class,
                        absent -> assertThat(absent.reason()).contains("libmartlet-none.so.1", "No such file"));
    }

    @Test
    void shouldSeeAGpuWithoutADriver() throws IOException {
        assertThat(DriverProbe.hardware(folder)).isFalse();
        pci("0000:00:02.0", "0x8086", "0x030000");
        pci("0000:00:03.0", "0x10de", "0x040300"); // its sound
        assertThat(DriverProbe.hardware(folder)).isFalse();
        pci("0000:01:00.0", "0x10de", "0x030200");
        assertThat(DriverProbe.hardware(folder)).isTrue();
    }

    private void pci(String address, String vendor, String type) throws IOException {
        Path device = Files.createDirectories(folder.resolve("sys/bus/pci/devices/" + address));
        Files.writeString(device.resolve("vendor"), vendor + "\n");
        Files.writeString(device.resolve("class"), type + "\n");
    }
}
