package dev.martlet.cli;

import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.FatBinary;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.stream.Collectors;

/**
 * Compiles llama.cpp's CUDA module for architectures, from the source the prebuilt libraries were made of, so that it goes
 * with them. What was compiled before an interruption is not compiled again.
 */
final class CudaBuild {
    private static final String CMAKE_LISTS = "/dev/martlet/native/cuda/CMakeLists.txt";

    private final Path source;
    private final Path builds;
    private final List<String> cmake;
    private final int jobs;
    private final PrintStream progress;

    /**
     * @param source of llama.cpp
     * @param builds where folders of unfinished compilations are
     * @param cmake the command that runs CMake
     * @param jobs files compiled at once
     */
    CudaBuild(Path source, Path builds, List<String> cmake, int jobs, PrintStream progress) {
        this.source = source;
        this.builds = builds;
        this.cmake = List.copyOf(cmake);
        this.jobs = jobs;
        this.progress = progress;
    }

    /**
     * Compiles a module and puts it into a folder, unless it is there; returns it.
     *
     * @param architectures as nvcc names them, e.g. 90 or 120a
     * @throws IOException where that fails, with the file of the compiler's messages
     */
    CudaModule run(CudaToolkit toolkit, SortedSet<String> architectures, Path module) throws IOException {
        if (!Files.isDirectory(source.resolve("ggml"))) {
            throw new IOException(
                    "llama.cpp's source is not in " + source + "; ./martlet in Martlet's folder fetches it");
        }
        Path folder = Files.createDirectories(builds.resolve(module.getFileName()));
        try (FileChannel channel = FileChannel.open(
                builds.resolve(module.getFileName() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new IOException("another process compiles " + module.getFileName() + " already");
            }
            Staging.Check isWhole = () -> Files.isRegularFile(module.resolve(CudaModule.DESCRIPTION));
            if (!isWhole.isWhole()) {
                Path library = compile(toolkit, architectures, folder);
                FatBinary code = FatBinary.read(library);
                Staging.place(module, isWhole, work -> {
                    Path made = Files.createDirectory(work.resolve("module"));
                    Files.move(library, made.resolve(CudaModule.FILE));
                    CudaStore.describe(made, new CudaModule(made, toolkit.version(), code.sass(), code.ptx(), "built"));
                    return made;
                });
            }
            Staging.delete(folder);
        }
        return CudaModule.read(module);
    }

    private Path compile(CudaToolkit toolkit, SortedSet<String> architectures, Path folder) throws IOException {
        try (InputStream in = CudaBuild.class.getResourceAsStream(CMAKE_LISTS)) {
            Files.createDirectories(folder.resolve("project"));
            Files.copy(in, folder.resolve("project/CMakeLists.txt"), StandardCopyOption.REPLACE_EXISTING);
        }
        List<String> configure = new ArrayList<>(cmake);
        configure.addAll(List.of("-S", "project", "-B", "build"));
        if (isThere("ninja") && !Files.exists(folder.resolve("build/CMakeCache.txt"))) {
            configure.addAll(List.of("-G", "Ninja"));
        }
        configure.addAll(List.of(
                "-DCMAKE_BUILD_TYPE=Release",
                "-DMARTLET_GGML=" + source.resolve("ggml"),
                "-DCMAKE_CUDA_COMPILER=" + toolkit.nvcc(),
                "-DCUDAToolkit_ROOT=" + toolkit.folder(),
                "-DCMAKE_CUDA_ARCHITECTURES="
                        + architectures.stream().map(name -> name + "-real").collect(Collectors.joining(";"))));
        progress.println("martlet: configuring (toolkit " + toolkit.version() + " in " + toolkit.folder() + ")");
        logged(configure, folder, "configure.log", "cmake could not configure it");
        List<String> compile = new ArrayList<>(cmake);
        compile.addAll(List.of("--build", "build", "--target", "ggml-cuda", "--parallel", Integer.toString(jobs)));
        progress.printf("martlet: compiling, %d files at once; this takes from minutes to an hour%n", jobs);
        logged(compile, folder, "build.log", "it could not be compiled");
        return folder.resolve("build/bin").resolve(CudaModule.FILE);
    }

    private void logged(List<String> command, Path folder, String name, String failure) throws IOException {
        Path log = folder.resolve(name);
        BuildProgress shown = new BuildProgress(progress, System::nanoTime);
        try (PrintWriter writer = new PrintWriter(Files.newBufferedWriter(log))) {
            Tool.run(command, folder, Map.of(), line -> {
                writer.println(line);
                shown.accept(line);
            });
        } catch (Tool.MissingException e) {
            throw new IOException("CMake is needed (Debian, Ubuntu: apt-get install cmake g++ make)", e);
        } catch (IOException e) {
            throw new IOException(failure + "; all messages: " + log + errors(log), e);
        }
    }

    private static String errors(Path log) throws IOException {
        try (var lines = Files.lines(log)) {
            return lines.filter(line -> line.contains("rror"))
                    .limit(5)
                    .map(line -> "\n  " + line)
                    .collect(Collectors.joining());
        }
    }

    private boolean isThere(String program) throws IOException {
        try {
            Tool.run(List.of(program, "--version"), builds, Map.of(), line -> {});
            return true;
        } catch (Tool.MissingException e) {
            return false;
        }
    }
}
