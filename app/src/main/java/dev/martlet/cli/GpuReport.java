package dev.martlet.cli;

import dev.martlet.gpu.CudaDevice;
import dev.martlet.gpu.CudaDriver;
import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.CudaRuntime;
import dev.martlet.gpu.DeviceFit;
import dev.martlet.gpu.Gpu;
import dev.martlet.gpu.GpuDecision;
import dev.martlet.gpu.GpuSituation;
import dev.martlet.openai.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * NVIDIA's driver, its devices, and what there is for them. Nothing of it is loaded but the driver.
 *
 * @param failure why the installed modules cannot be listed
 * @param nvcc NVIDIA's compiler, where it is installed
 */
record GpuReport(GpuSituation situation, Optional<String> failure, Optional<Path> nvcc) implements Report {

    static GpuReport read(CudaStore store) {
        CudaDriver driver = Gpu.probe();
        try {
            return new GpuReport(GpuSituation.of(driver, store, Gpu.LEAST_MEMORY), Optional.empty(), findNvcc());
        } catch (IOException e) {
            GpuSituation without = new GpuSituation(driver, List.of(), List.of(), Map.of(), Gpu.LEAST_MEMORY);
            return new GpuReport(without, Optional.of(e.getMessage()), findNvcc());
        }
    }

    private static Optional<Path> findNvcc() {
        try {
            return CudaToolkit.ofSystem(CudaLibraries.ofSystem(), NativesCommand.path())
                    .map(CudaToolkit::nvcc);
        } catch (IOException e) {
            return Optional.empty(); // one that does not even tell its version is of no use
        }
    }

    /** Modules here and such as can be fetched, each once. */
    private List<CudaModule> modules() {
        List<CudaModule> modules = new ArrayList<>(situation.installed());
        situation.offered().stream().filter(module -> !installed(module)).forEach(modules::add);
        return modules;
    }

    private boolean installed(CudaModule module) {
        return situation.installed().stream().anyMatch(other -> other.folder().equals(module.folder()));
    }

    private List<CudaRuntime> runtimes() {
        return situation.runtimes().values().stream()
                .sorted(Comparator.comparing(CudaRuntime::major).reversed())
                .toList();
    }

    private List<CudaDevice> devices() {
        return situation.driver() instanceof CudaDriver.Present present ? present.devices() : List.of();
    }

    // ---- for people

    @Override
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("driver", driver()));
        for (CudaDevice device : devices()) {
            rows.add(new Row(
                    "gpu " + device.index(),
                    device.name() + ", compute capability " + device.capability() + ", "
                            + Report.megabytes(device.memoryTotal())
                            + (device.memoryFree().isPresent()
                                    ? ", " + Report.megabytes(device.memory()) + " free"
                                    : "")));
        }
        for (CudaModule module : modules()) {
            rows.add(new Row("module", describe(module)));
        }
        for (CudaRuntime runtime : runtimes()) {
            rows.add(new Row(
                    "libraries",
                    "CUDA " + runtime.major() + " in "
                            + runtime.folder().map(Path::toString).orElse("")));
        }
        rows.add(new Row("nvcc", nvcc.map(Path::toString).orElse("not there")));
        return rows;
    }

    private String driver() {
        return switch (situation.driver()) {
            case CudaDriver.Absent absent -> "none (" + absent.reason() + ")";
            case CudaDriver.Failed failed -> failed.reason();
            case CudaDriver.Present present ->
                present.release().map(release -> "NVIDIA " + release + ", ").orElse("") + "CUDA " + present.cuda();
        };
    }

    private String describe(CudaModule module) {
        String fits = situation.fits(module).stream()
                .map(fit -> "; gpu " + fit.device().index() + ": " + fit.reason())
                .collect(Collectors.joining());
        return "CUDA " + module.toolkit() + ", " + (installed(module) ? module.origin() : "can be fetched")
                + ", machine code for " + none(module.sass()) + ", PTX for " + none(module.ptx()) + fits;
    }

    private static String none(List<String> architectures) {
        return architectures.isEmpty() ? "none" : String.join(" ", architectures);
    }

    // ---- for programs

    @Override
    public JsonObject json() {
        JsonArrayBuilder runtimes = Json.builders().createArrayBuilder();
        for (CudaRuntime runtime : runtimes()) {
            runtimes.add(Json.builders()
                    .createObjectBuilder()
                    .add("major", runtime.major())
                    .add("folder", Report.orNull(runtime.folder().map(Path::toString))));
        }
        JsonArrayBuilder devices = Json.builders().createArrayBuilder();
        devices().stream().map(GpuReport::json).forEach(devices::add);
        JsonArrayBuilder modules = Json.builders().createArrayBuilder();
        modules().stream().map(this::json).forEach(modules::add);
        return Json.builders()
                .createObjectBuilder()
                .add("usable", situation.decide() instanceof GpuDecision.Ready)
                .add("driver", driverJson())
                .add("devices", devices)
                .add("modules", modules)
                .add("libraries", runtimes)
                .add("nvcc", Report.orNull(nvcc.map(Path::toString)))
                .build();
    }

    private JsonObjectBuilder driverJson() {
        JsonObjectBuilder json = Json.builders().createObjectBuilder();
        return switch (situation.driver()) {
            case CudaDriver.Absent absent -> json.add("state", "absent").add("reason", absent.reason());
            case CudaDriver.Failed failed -> json.add("state", "failed").add("reason", failed.reason());
            case CudaDriver.Present present ->
                json.add("state", "present")
                        .add("cuda", present.cuda().toString())
                        .add("release", Report.orNull(present.release()));
        };
    }

    private static JsonObjectBuilder json(CudaDevice device) {
        return Json.builders()
                .createObjectBuilder()
                .add("index", device.index())
                .add("name", device.name())
                .add("capability", device.capability().toString())
                .add("memory_total", device.memoryTotal())
                .add("memory_free", Report.orNull(device.memoryFree()));
    }

    private JsonObjectBuilder json(CudaModule module) {
        JsonArrayBuilder fits = Json.builders().createArrayBuilder();
        for (DeviceFit fit : situation.fits(module)) {
            fits.add(Json.builders()
                    .createObjectBuilder()
                    .add("device", fit.device().index())
                    .add("runs", fit.verdict().runs())
                    .add("reason", fit.reason()));
        }
        return Json.builders()
                .createObjectBuilder()
                .add("cuda", module.toolkit().toString())
                .add("origin", module.origin())
                .add("installed", installed(module))
                .add("folder", module.folder().toString())
                .add("machine_code", Report.strings(module.sass()))
                .add("ptx", Report.strings(module.ptx()))
                .add("devices", fits);
    }

    // ---- what to make of it

    @Override
    public List<Finding> findings() {
        if (failure.isPresent()) {
            return List.of(Finding.note("CUDA modules cannot be listed: " + failure.get(), Optional.empty()));
        }
        return List.of(
                switch (situation.decide()) {
                    case GpuDecision.Ready ready ->
                        Finding.ok("a GPU will be used: "
                                + ready.fits().stream()
                                        .map(fit -> fit.device().name())
                                        .collect(Collectors.joining(", ")));
                    case GpuDecision.Fetch fetch ->
                        Finding.note(
                                "a GPU can be used; serve fetches what is missing for CUDA "
                                        + fetch.module().toolkit().major(),
                                Optional.of("./martlet natives fetch --cuda "
                                        + fetch.module().toolkit().major()));
                    case GpuDecision.Refused refused ->
                        Finding.note("no GPU will be used: " + refused.reason(), refused.remedy());
                });
    }
}
