package dev.martlet.gpu;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The libraries of CUDA that a module needs beside the driver: the runtime and cuBLAS, all of one major version.
 *
 * @param major e.g. 13
 * @param folder where they lie; empty for wherever the dynamic linker finds them by their names
 */
public record CudaRuntime(int major, Optional<Path> folder) {

    /** Their file names, each after those that it needs itself. */
    public static List<String> names(int major) {
        return List.of("libcudart.so." + major, "libcublasLt.so." + major, "libcublas.so." + major);
    }

    /** What to open: paths, or names where no folder is known. */
    List<String> files() {
        return names(major).stream()
                .map(name -> folder.map(
                                where -> where.resolve(name).toAbsolutePath().toString())
                        .orElse(name))
                .toList();
    }
}
