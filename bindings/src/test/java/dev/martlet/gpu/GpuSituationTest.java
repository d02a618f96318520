package dev.martlet.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.gpu.GpuDecision.Cause;
import dev.martlet.gpu.GpuDecision.Fetch;
import dev.martlet.gpu.GpuDecision.Ready;
import dev.martlet.gpu.GpuDecision.Refused;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every way from a driver, its devices and the modules there are to a decision. */
class GpuSituationTest {
    private static final long GIB = 1L << 30;
    private static final long NEEDED = GIB;

    /** What is inside the prebuilt ones. */
    private static final CudaModule NEW =
            module("package", "13.1", List.of("86", "89", "120a", "121a"), List.of("75", "80", "90"));

    private static final CudaModule OLD =
            module("package", "12.4", List.of("86"), List.of("50", "61", "70", "75", "80"));
    private static final CudaModule HOPPER = module("built", "13.0", List.of("90"), List.of());

    private static CudaModule module(String origin, String toolkit, List<String> sass, List<String> ptx) {
        return new CudaModule(Path.of(origin + toolkit), CudaVersion.parse(toolkit), sass, ptx, origin);
    }

    private static CudaDriver driver(String cuda, String... capabilities) {
        List<CudaDevice> devices = IntStream.range(0, capabilities.length)
                .mapToObj(i -> device(i, capabilities[i], 8 * GIB))
                .toList();
        return new CudaDriver.Present(CudaVersion.parse(cuda), Optional.empty(), devices);
    }

    private static CudaDevice device(int index, String capability, long free) {
        String[] numbers = capability.split("\\.");
        return new CudaDevice(
                index,
                "Card" + index,
                new ComputeCapability(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])),
                8 * GIB,
                OptionalLong.of(free));
    }

    private static Map<Integer, CudaRuntime> runtimes(Integer... majors) {
        return Arrays.stream(majors)
                .collect(Collectors.toMap(
                        Function.identity(), major -> new CudaRuntime(major, Optional.of(Path.of("cuda" + major)))));
    }

    private static GpuDecision decide(CudaDriver driver, List<CudaModule> installed, List<CudaModule> offered) {
        return new GpuSituation(driver, installed, offered, runtimes(12, 13), NEEDED).decide();
    }

    private static Ready ready(GpuDecision decision) {
        assertThat(decision).isInstanceOf(Ready.class);
        return (Ready) decision;
    }

    private static Refused refused(GpuDecision decision) {
        assertThat(decision).isInstanceOf(Refused.class);
        return (Refused) decision;
    }

    @Test
    void shouldUseWhatFits() {
        Ready ready = ready(decide(driver("13.0", "8.6"), List.of(NEW), List.of()));
        assertThat(ready.module()).isEqualTo(NEW);
        assertThat(ready.runtime().folder()).contains(Path.of("cuda13"));
        assertThat(ready.devices()).isEqualTo(1);
        assertThat(ready.fits()).singleElement().satisfies(fit -> {
            assertThat(fit.verdict()).isEqualTo(DeviceFit.Verdict.RUNS);
            assertThat(fit.reason()).isEqualTo("machine code for 86");
        });
    }

    @Test
    void shouldSayThatThereIsNoDriver() {
        Refused without = refused(decide(new CudaDriver.Absent("not found", false), List.of(NEW), List.of(NEW)));
        assertThat(without.cause()).isEqualTo(Cause.NO_DRIVER);
        assertThat(without.reason()).isEqualTo("there is no NVIDIA driver on this machine (not found)");
        assertThat(without.remedy()).isEmpty();
        Refused lacking = refused(decide(new CudaDriver.Absent("not found", true), List.of(NEW), List.of()));
        assertThat(lacking.reason()).startsWith("there is an NVIDIA GPU, but not NVIDIA's driver");
        assertThat(lacking.remedy()).hasValueSatisfying(text -> assertThat(text).contains("ubuntu-drivers install"));
    }

    @Test
    void shouldSayThatTheDriverFails() {
        Refused refused = refused(decide(new CudaDriver.Failed("cuInit failed: code 999"), List.of(NEW), List.of()));
        assertThat(refused.cause()).isEqualTo(Cause.DRIVER_FAILED);
        assertThat(refused.reason()).endsWith("cuInit failed: code 999");
        assertThat(refused.remedy()).isPresent();
    }

    @Test
    void shouldSayThatThereIsNoDevice() {
        Refused refused = refused(decide(driver("13.0"), List.of(NEW), List.of(NEW)));
        assertThat(refused.cause()).isEqualTo(Cause.NO_DEVICE);
        assertThat(refused.reason()).contains("CUDA 13.0", "no device");
        assertThat(refused.remedy()).hasValueSatisfying(text -> assertThat(text).contains("CUDA_VISIBLE_DEVICES"));
    }

    @Test
    void shouldSayThatTheDriverIsTooOld() {
        Refused refused = refused(decide(driver("12.8", "8.6"), List.of(NEW), List.of()));
        assertThat(refused.cause()).isEqualTo(Cause.OLD_DRIVER);
        assertThat(refused.reason()).isEqualTo("the driver knows CUDA up to 12.8, the module needs 13.0 or newer");
        assertThat(refused.remedy()).contains("update NVIDIA's driver to one for CUDA 13");
    }

    @Test
    void shouldAskForAsLittleNewAsPossible() {
        Refused refused = refused(decide(driver("11.8", "8.6"), List.of(), List.of(NEW, OLD)));
        assertThat(refused.reason()).contains("11.8", "12.0 or newer");
        assertThat(refused.remedy()).contains("update NVIDIA's driver to one for CUDA 12");
    }

    @Test
    void shouldSayThatNothingIsForTheDevice() {
        Refused refused = refused(decide(driver("13.1", "7.0"), List.of(NEW), List.of()));
        assertThat(refused.cause()).isEqualTo(Cause.NO_CODE);
        assertThat(refused.reason())
                .isEqualTo("the CUDA module (CUDA 13.1, package) does not fit GPU 0 (Card0):"
                        + " there is no machine code for compute capability 7.0 in it, and no PTX either");
        assertThat(refused.remedy()).contains("./martlet natives build --cuda-arch 70");
    }

    @Test
    void shouldHandNoPtxToADriverThatIsOlderThanIt() {
        Refused refused = refused(decide(driver("13.0", "9.0"), List.of(NEW), List.of()));
        assertThat(refused.cause()).isEqualTo(Cause.NO_CODE);
        assertThat(refused.reason()).contains("its PTX needs a driver that knows CUDA 13.1; this one knows 13.0");
        assertThat(refused.remedy()).contains("./martlet natives build --cuda-arch 90");
        assertThat(ready(decide(driver("13.1", "9.0"), List.of(NEW), List.of())).fits())
                .singleElement()
                .satisfies(fit -> {
                    assertThat(fit.verdict()).isEqualTo(DeviceFit.Verdict.COMPILES);
                    assertThat(fit.reason()).startsWith("PTX of 90");
                });
    }

    @Test
    void shouldTakeMachineCodeWithAnOlderDriverOfTheSameMajorVersion() {
        assertThat(ready(decide(driver("12.0", "8.9"), List.of(OLD), List.of())).module())
                .isEqualTo(OLD);
        assertThat(ready(decide(driver("15.2", "8.9"), List.of(OLD), List.of())).module())
                .isEqualTo(OLD);
    }

    @Test
    void shouldPreferWhatStandsFirstAndFits() {
        assertThat(ready(decide(driver("13.1", "9.0"), List.of(HOPPER, NEW), List.of(NEW)))
                        .module())
                .isEqualTo(HOPPER);
        assertThat(ready(decide(driver("13.1", "8.6"), List.of(HOPPER, NEW), List.of(NEW)))
                        .module())
                .isEqualTo(NEW);
    }

    @Test
    void shouldFetchWhatIsNotThere() {
        assertThat(decide(driver("13.0", "8.6"), List.of(), List.of(NEW, OLD))).isEqualTo(new Fetch(NEW, true, false));
        assertThat(decide(driver("12.4", "7.5"), List.of(NEW), List.of(NEW, OLD)))
                .isEqualTo(new Fetch(OLD, true, false));
        // Its own generation's PTX is too new for the driver, the older module's is not.
        assertThat(decide(driver("13.0", "9.0"), List.of(), List.of(NEW, OLD))).isEqualTo(new Fetch(OLD, true, false));
    }

    @Test
    void shouldFetchTheRuntimeToo() {
        CudaDriver driver = driver("13.0", "8.6");
        assertThat(new GpuSituation(driver, List.of(), List.of(NEW), Map.of(), NEEDED).decide())
                .isEqualTo(new Fetch(NEW, true, true));
        assertThat(new GpuSituation(driver, List.of(NEW), List.of(NEW), runtimes(12), NEEDED).decide())
                .isEqualTo(new Fetch(NEW, false, true));
    }

    @Test
    void shouldPreferWhatIsReadyToWhatMustBeFetched() {
        CudaDriver driver = driver("13.0", "8.6");
        assertThat(new GpuSituation(driver, List.of(NEW, OLD), List.of(NEW), runtimes(12), NEEDED).decide())
                .isInstanceOfSatisfying(
                        Ready.class, ready -> assertThat(ready.module()).isEqualTo(OLD));
    }

    @Test
    void shouldSayThatCublasIsMissing() {
        Refused refused = refused(
                new GpuSituation(driver("13.0", "9.0"), List.of(HOPPER), List.of(), runtimes(12), NEEDED).decide());
        assertThat(refused.cause()).isEqualTo(Cause.NO_RUNTIME);
        assertThat(refused.reason()).contains("libcudart.so.13", "libcublas.so.13", "not on this machine");
        assertThat(refused.remedy()).hasValueSatisfying(text -> assertThat(text).contains("CUDA 13"));
    }

    @Test
    void shouldSayThatNoDeviceHasRoom() {
        CudaDriver full = new CudaDriver.Present(
                new CudaVersion(13, 0), Optional.empty(), List.of(device(0, "8.6", NEEDED - 1), device(1, "8.9", 5)));
        Refused refused = refused(decide(full, List.of(NEW), List.of(OLD)));
        assertThat(refused.cause()).isEqualTo(Cause.NO_MEMORY);
        assertThat(refused.reason())
                .isEqualTo("no device has the memory for even one layer, 1,074 MB: GPU 0 (Card0) has 1,074 MB of"
                        + " 8,590 MB free, GPU 1 (Card1) has 0 MB of 8,590 MB free");
    }

    @Test
    void shouldUseOnlyTheDevicesThatFit() {
        CudaDriver mixed = new CudaDriver.Present(
                new CudaVersion(13, 0),
                Optional.empty(),
                List.of(device(0, "7.0", 8 * GIB), device(1, "8.6", 8 * GIB), device(2, "8.9", 5)));
        Ready ready = ready(decide(mixed, List.of(NEW), List.of()));
        assertThat(ready.fits()).extracting(fit -> fit.device().index()).containsExactly(1);
        assertThat(ready.devices()).isEqualTo(3);
    }

    @Test
    void shouldNameEveryDeviceThatDoesNotFit() {
        Refused refused = refused(decide(driver("13.0", "9.0", "6.1", "9.0"), List.of(NEW), List.of()));
        assertThat(refused.reason()).contains("GPU 0 (Card0): ", "GPU 1 (Card1): ", "GPU 2 (Card2): ");
        assertThat(refused.remedy()).contains("./martlet natives build --cuda-arch 61,90");
    }

    @Test
    void shouldSayThatThereIsNoModule() {
        Refused refused = refused(decide(driver("13.0", "9.0"), List.of(), List.of()));
        assertThat(refused.cause()).isEqualTo(Cause.NO_MODULE);
        assertThat(refused.remedy()).contains("./martlet natives build --cuda-arch 90");
    }

    @Test
    void shouldTakeTheWholeMemoryWhereTheFreeIsUnknown() {
        CudaDevice shared = new CudaDevice(0, "GB10", new ComputeCapability(12, 1), 128 * GIB, OptionalLong.empty());
        CudaDriver driver = new CudaDriver.Present(new CudaVersion(13, 0), Optional.empty(), List.of(shared));
        assertThat(ready(decide(driver, List.of(NEW), List.of())).fits()).hasSize(1);
    }

    @Test
    void shouldTellEachDeviceOfAModule() {
        GpuSituation situation =
                new GpuSituation(driver("13.0", "8.6", "9.0"), List.of(NEW), List.of(OLD), runtimes(), NEEDED);
        assertThat(Stream.of(NEW, OLD)
                        .flatMap(module -> situation.fits(module).stream())
                        .map(DeviceFit::verdict))
                .containsExactly(
                        DeviceFit.Verdict.RUNS,
                        DeviceFit.Verdict.NO_CODE,
                        DeviceFit.Verdict.RUNS,
                        DeviceFit.Verdict.COMPILES);
    }
}
