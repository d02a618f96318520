package dev.martlet.cli;

import dev.martlet.gpu.CudaVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * NVIDIA's compiler with the headers and libraries that go with it.
 *
 * @param folder holds bin/nvcc
 * @param version as nvcc tells it
 */
record CudaToolkit(Path folder, CudaVersion version) {
    private static final Pattern RELEASE = Pattern.compile("release (\\d+\\.\\d+)");
    private static final Pattern ARCHITECTURE = Pattern.compile("compute_(\\d+)");

    /** The compiler. */
    Path nvcc() {
        return nvcc(folder);
    }

    /** Numbers of the architectures that it compiles for. */
    TreeSet<Integer> architectures() throws IOException {
        TreeSet<Integer> found = new TreeSet<>();
        Tool.run(List.of(nvcc().toString(), "--list-gpu-arch"), folder, Map.of(), line -> {
            Matcher matcher = ARCHITECTURE.matcher(line);
            while (matcher.find()) {
                found.add(Integer.valueOf(matcher.group(1)));
            }
        });
        return found;
    }

    /** The first toolkit of a system: on the path, then where CUDA_HOME and CUDA_PATH say, then where they are installed. */
    static Optional<CudaToolkit> ofSystem(CudaLibraries system, List<Path> path) throws IOException {
        List<Path> folders = Stream.concat(
                        path.stream().map(folder -> folder.resolve("nvcc")).map(CudaToolkit::folderOf),
                        system.toolkits().stream())
                .filter(folder -> Files.isExecutable(nvcc(folder)))
                .toList();
        return folders.isEmpty() ? Optional.empty() : Optional.of(at(folders.getFirst()));
    }

    /** The pinned toolkit made of wheels in a folder, fetched if it is not there. */
    static CudaToolkit fetched(
            Path toolkits, CudaVersion version, CudaPins.Wheels pin, Downloads downloads, PrintStream progress)
            throws IOException {
        Path folder = toolkits.resolve(version.toString());
        try {
            Staging.place(folder, () -> Files.isExecutable(nvcc(folder)), work -> {
                progress.printf(
                        "martlet: fetching NVIDIA's CUDA toolkit %s as Python wheels (%d MB)%n",
                        version, pin.megabytes());
                return assemble(downloads.wheels(work, pin.wheels()), Files.createDirectory(work.resolve("toolkit")));
            });
        } catch (IOException e) {
            throw new IOException(
                    "the CUDA toolkit could not be fetched into " + folder + ": " + e.getMessage()
                            + "; or install NVIDIA's own and set CUDA_HOME",
                    e);
        }
        return at(folder);
    }

    // Wheels hold nvidia/cuNN/bin, include, lib, nvvm; what the linker wants beside that are links and a driver.
    private static Path assemble(List<Path> wheels, Path folder) throws IOException {
        for (Path wheel : wheels) {
            unpack(wheel, folder);
        }
        Path libraries = folder.resolve("lib");
        Files.createSymbolicLink(folder.resolve("lib64"), Path.of("lib"));
        try (Stream<Path> files = Files.list(libraries)) {
            for (Path library : files.map(Path::getFileName)
                    .filter(name -> name.toString().matches("lib(cudart|cublas|cublasLt)\\.so\\.\\d+"))
                    .toList()) {
                String plain = library.toString().replaceAll("\\.\\d+$", "");
                Files.createSymbolicLink(libraries.resolve(plain), library);
            }
        }
        makeDriverStub(libraries);
        return folder;
    }

    // The module asks for the driver's name when it is loaded; at link time no function of it is needed.
    private static void makeDriverStub(Path libraries) throws IOException {
        Path stubs = Files.createDirectory(libraries.resolve("stubs"));
        Path source = Files.writeString(
                stubs.resolve("libcuda.c"), "/* Stands for the driver at link time. */ int martlet_cuda_stub;\n");
        List<String> command =
                List.of("cc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", "libcuda.so", source.toString());
        Tool.run(command, stubs, Map.of(), line -> {});
    }

    private static void unpack(Path wheel, Path folder) throws IOException {
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                Path target = folder.resolve(entry.getName().replaceFirst("^nvidia/cu\\d+/", ""))
                        .normalize();
                if (entry.isDirectory() || !entry.getName().startsWith("nvidia/cu") || !target.startsWith(folder)) {
                    continue;
                }
                Files.createDirectories(target.getParent());
                try (var in = zip.getInputStream(entry)) {
                    Files.copy(in, target);
                }
                if (target.getParent().endsWith("bin")) {
                    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        }
    }

    private static CudaToolkit at(Path folder) throws IOException {
        String[] release = new String[1];
        Tool.run(List.of(nvcc(folder).toString(), "--version"), folder, Map.of(), line -> {
            Matcher matcher = RELEASE.matcher(line);
            if (matcher.find()) {
                release[0] = matcher.group(1);
            }
        });
        if (release[0] == null) {
            throw new IOException(nvcc(folder) + " --version tells no release");
        }
        return new CudaToolkit(folder, CudaVersion.parse(release[0]));
    }

    private static Path nvcc(Path folder) {
        return folder.resolve("bin").resolve("nvcc");
    }

    // nvcc on the path is often a link into the toolkit; where it is none, this is the folder above.
    private static Path folderOf(Path nvcc) {
        try {
            return (Files.isExecutable(nvcc) ? nvcc.toRealPath() : nvcc.toAbsolutePath())
                    .getParent()
                    .getParent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
