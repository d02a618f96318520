package dev.martlet.cli;

import dev.martlet.gpu.CudaFiles;
import dev.martlet.gpu.CudaModule;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * CUDA's part of what is fetched: {@code MARTLET_HOME/cuda/RELEASE/NAME/} holds a module of that release of llama.cpp,
 * {@code MARTLET_HOME/cuda/runtime/MAJOR/} NVIDIA's runtime libraries. Each folder is there whole or not at all.
 */
public final class CudaStore implements CudaFiles {
    private final Path home;
    private final CudaPins pins;
    private final CudaLibraries system;
    private final Downloads downloads;
    private final PrintStream progress;
    private final boolean prebuilt;

    /**
     * @param home the folder of everything fetched
     * @param prebuilt whether the modules and libraries that can be fetched are for this platform
     * @param progress told of each step that takes more than a moment
     */
    CudaStore(
            Path home,
            CudaPins pins,
            CudaLibraries system,
            Downloads downloads,
            boolean prebuilt,
            PrintStream progress) {
        this.home = home.resolve("cuda");
        this.pins = pins;
        this.system = system;
        this.downloads = downloads;
        this.prebuilt = prebuilt;
        this.progress = progress;
    }

    /** The store of the user who runs this process; progress goes to standard error. */
    public static CudaStore ofUser() {
        return new CudaStore(
                MartletHome.path(),
                CudaPins.ofBuild(),
                CudaLibraries.ofSystem(),
                Downloads.OF_SYSTEM,
                System.getProperty("os.name").equals("Linux")
                        && List.of("amd64", "x86_64").contains(System.getProperty("os.arch")),
                System.err);
    }

    @Override
    public List<CudaModule> installed() throws IOException {
        List<CudaModule> modules = new ArrayList<>();
        if (Files.isDirectory(modules())) {
            try (Stream<Path> folders = Files.list(modules())) {
                for (Path folder : folders.filter(CudaStore::isModule).sorted().toList()) {
                    modules.add(CudaModule.read(folder));
                }
            }
        }
        modules.sort(
                Comparator.comparing((CudaModule module) -> !module.origin().equals("built"))
                        .thenComparing(CudaModule::toolkit, Comparator.reverseOrder()));
        return modules;
    }

    @Override
    public Optional<CudaModule> offered(int major) {
        return pinned(major)
                .map(module -> new CudaModule(
                        modules().resolve("package-" + major),
                        module.toolkit(),
                        module.sass(),
                        module.ptx(),
                        "package"));
    }

    @Override
    public CudaModule fetch(int major) throws IOException {
        CudaModule offered = offered(major)
                .orElseThrow(() -> new IOException("there is no module to fetch for CUDA " + major
                        + " on this platform; compile one: martlet natives build --cuda-arch ARCHITECTURE"));
        CudaPins.Module pin = pinned(major).orElseThrow();
        place("the CUDA " + major + " module", offered.folder(), CudaStore::isModule, work -> {
            progress.printf(
                    "martlet: fetching the CUDA module (%d MB, npm package %s)%n", pin.megabytes(), pin.npmPackage());
            Path archive = downloads.npmPackage(work, pin.npmPackage(), pin.integrity());
            Tool.run(List.of("tar", "-xzf", archive.toString(), pin.entry()), work, Map.of(), line -> {});
            Path module = Files.createDirectory(work.resolve("module"));
            Files.move(work.resolve(pin.entry()), module.resolve(CudaModule.FILE));
            describe(module, offered);
            return module;
        });
        return CudaModule.read(offered.folder());
    }

    @Override
    public Optional<Path> runtime(int major) {
        return system.find(major)
                .or(() -> Optional.of(fetchedRuntime(major)).filter(folder -> CudaLibraries.areIn(folder, major)));
    }

    @Override
    public Path fetchRuntime(int major) throws IOException {
        Path folder = fetchedRuntime(major);
        CudaPins.Wheels wheels = pins.runtime(major)
                .filter(found -> prebuilt)
                .orElseThrow(() -> new IOException("there are no libraries to fetch for CUDA " + major
                        + " on this platform; install NVIDIA's CUDA toolkit " + major + " and set CUDA_HOME"));
        place(
                "CUDA's runtime libraries",
                folder,
                present -> CudaLibraries.areIn(present, major),
                work -> unpackRuntime(major, wheels, work));
        return folder;
    }

    /** The toolkit that compiles modules, fetched unless it is there; IOException with what to do where that fails. */
    CudaToolkit fetchToolkit() throws IOException {
        if (!prebuilt) {
            throw new IOException(
                    "there is no CUDA toolkit to fetch for this platform; install NVIDIA's (with nvcc) and"
                            + " set CUDA_HOME");
        }
        return CudaToolkit.fetched(home.resolve("toolkit"), pins.toolkit(), pins.toolkitWheels(), downloads, progress);
    }

    /** Where modules of this release lie. */
    Path modules() {
        return home.resolve(pins.release());
    }

    /** Writes a module's description into a folder. */
    static void describe(Path folder, CudaModule module) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("toolkit", module.toolkit().toString());
        properties.setProperty("sass", String.join(" ", module.sass()));
        properties.setProperty("ptx", String.join(" ", module.ptx()));
        properties.setProperty("origin", module.origin());
        try (var out = Files.newBufferedWriter(folder.resolve(CudaModule.DESCRIPTION))) {
            properties.store(out, null);
        }
    }

    private Path unpackRuntime(int major, CudaPins.Wheels wheels, Path work) throws IOException {
        progress.printf("martlet: fetching CUDA %d's runtime libraries (%d MB)%n", major, wheels.megabytes());
        Path runtime = Files.createDirectory(work.resolve("runtime"));
        for (Path wheel : downloads.wheels(work, wheels.wheels())) {
            for (String entry : libraries(wheel, major)) {
                Downloads.unzip(wheel, entry, runtime.resolve(entry.substring(entry.lastIndexOf('/') + 1)));
            }
        }
        if (!CudaLibraries.areIn(runtime, major)) {
            throw new IOException("the wheels do not hold all of " + CudaLibraries.names(major));
        }
        return runtime;
    }

    private static List<String> libraries(Path wheel, int major) throws IOException {
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            return zip.stream()
                    .map(ZipEntry::getName)
                    .filter(name ->
                            CudaLibraries.names(major).stream().anyMatch(library -> name.endsWith("/" + library)))
                    .toList();
        }
    }

    private interface FolderCheck {
        boolean isWhole(Path folder) throws IOException;
    }

    private static void place(String what, Path folder, FolderCheck check, Staging.Work work) throws IOException {
        try {
            Staging.place(folder, () -> check.isWhole(folder), work);
        } catch (IOException e) {
            throw new IOException(what + " could not be fetched into " + folder.getParent() + ": " + e.getMessage(), e);
        }
    }

    private Optional<CudaPins.Module> pinned(int major) {
        return prebuilt ? pins.module(major) : Optional.empty();
    }

    private Path fetchedRuntime(int major) {
        return home.resolve("runtime").resolve(Integer.toString(major));
    }

    private static boolean isModule(Path folder) {
        return Files.isRegularFile(folder.resolve(CudaModule.FILE))
                && Files.isRegularFile(folder.resolve(CudaModule.DESCRIPTION));
    }
}
