package dev.martlet.cli;

import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.CudaVersion;
import dev.martlet.model.Machine;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code martlet natives}: the native parts that are not in the jar. */
@Command(
        name = "natives",
        mixinStandardHelpOptions = true,
        description = "List, fetch or compile llama.cpp's CUDA module and what it needs.")
public final class NativesCommand {
    /** What the compiler takes for one of the larger files. */
    private static final long BYTES_A_JOB = 2L << 30;

    private static final Comparator<String> BY_NUMBER =
            Comparator.comparing(NativesCommand::number).thenComparing(Comparator.naturalOrder());

    private final Path home = MartletHome.path();

    @Spec
    private CommandSpec spec;

    /** Made when it is asked for: picocli makes every command, whichever is run. */
    private static CudaStore store() {
        return CudaStore.ofUser();
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List the CUDA modules on this machine.")
    int list() throws IOException {
        for (CudaModule module : store().installed()) {
            print(module);
        }
        return 0;
    }

    @Command(
            name = "fetch",
            mixinStandardHelpOptions = true,
            description = "Fetch the prebuilt CUDA module and, where the system has none, NVIDIA's runtime libraries.")
    int fetch(
            @Option(
                            names = "--cuda",
                            paramLabel = "MAJOR",
                            required = true,
                            description = "12 or 13: the newest that your driver knows (nvidia-smi tells)")
                    int major) {
        try {
            print(store().fetch(major));
            Optional<Path> runtime = store().runtime(major);
            System.out.println("runtime " + (runtime.isPresent() ? runtime.get() : store().fetchRuntime(major)));
            return 0;
        } catch (IOException e) {
            throw new CommandFailure(e.getMessage(), e);
        }
    }

    @Command(
            name = "build",
            mixinStandardHelpOptions = true,
            description = {
                "With --cuda-arch: compile the CUDA module for a GPU that the prebuilt one has no code for, with NVIDIA's"
                        + " toolkit of this system (nvcc on the path, CUDA_HOME, /usr/local/cuda), else with one that is"
                        + " fetched as Python wheels. What is there already is not compiled again.",
                "Without: compile the CPU libraries, for platforms that have no prebuilt ones; --prebuilt goes back to those"
                        + " (in Martlet's folder, with ./martlet)."
            })
    int build(
            @Option(
                            names = "--cuda-arch",
                            paramLabel = "N",
                            split = ",",
                            description = "Compute capability without its dot: 90 for H100 and H200, 89 for RTX 40;"
                                    + " several with commas")
                    List<String> architectures) {
        if (architectures == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "the CPU libraries are compiled by ./martlet natives build, in Martlet's folder");
        }
        SortedSet<String> wanted = new TreeSet<>(BY_NUMBER);
        for (String architecture : architectures) {
            wanted.add(checked(architecture.strip()));
        }
        try {
            print(build(wanted));
            return 0;
        } catch (IOException e) {
            throw new CommandFailure(e.getMessage(), e);
        }
    }

    private CudaModule build(SortedSet<String> wanted) throws IOException {
        CudaPins pins = CudaPins.ofBuild();
        Optional<CudaToolkit> system = CudaToolkit.ofSystem(CudaLibraries.ofSystem(), path());
        CudaVersion version = system.map(CudaToolkit::version).orElse(pins.toolkit());
        requireKnown(wanted, system.isPresent() ? system.get().architectures() : pins.targets(), version);
        Path module = store().modules().resolve("built-" + version + "-sm" + String.join("-", wanted));
        Optional<CudaModule> before = store().installed().stream()
                .filter(installed -> installed.folder().equals(module))
                .findFirst();
        if (before.isPresent()) {
            return before.get();
        }
        CudaToolkit toolkit = system.isPresent() ? system.get() : store().fetchToolkit();
        return new CudaBuild(
                        home.resolve("llama").resolve(pins.release()).resolve("src"),
                        home.resolve("cuda").resolve("build"),
                        List.of("cmake"),
                        jobs(),
                        System.err)
                .run(toolkit, wanted, module);
    }

    private String checked(String architecture) {
        if (!architecture.matches("[1-9][0-9]{1,2}[af]?")) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--cuda-arch: \"" + architecture + "\" is no architecture; it is like 90, 89 or 120a");
        }
        return architecture;
    }

    private void requireKnown(SortedSet<String> wanted, SortedSet<Integer> known, CudaVersion toolkit) {
        for (String architecture : wanted) {
            if (!known.contains(number(architecture))) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--cuda-arch: the CUDA toolkit " + toolkit + " does not compile for " + architecture
                                + ", only for " + known);
            }
        }
    }

    private static int number(String architecture) {
        return Integer.parseInt(architecture.replaceAll("[af]$", ""));
    }

    private static int jobs() {
        Machine machine = Machine.current();
        long fitting = machine.availableMemory().orElse(Long.MAX_VALUE) / BYTES_A_JOB;
        return (int) Math.max(1, Math.min(machine.processors(), fitting));
    }

    /** Where this process looks for programs. */
    static List<Path> path() {
        return Arrays.stream(
                        Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator))
                .filter(folder -> !folder.isBlank())
                .map(Path::of)
                .toList();
    }

    private static void print(CudaModule module) {
        System.out.printf(
                "%-8s CUDA %s  machine code for %s, PTX for %s  %s%n",
                module.origin(), module.toolkit(), none(module.sass()), none(module.ptx()), module.folder());
    }

    private static String none(List<String> architectures) {
        return architectures.isEmpty() ? "none" : String.join(" ", architectures);
    }
}
