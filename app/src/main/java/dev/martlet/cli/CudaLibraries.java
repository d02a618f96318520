package dev.martlet.cli;

import dev.martlet.gpu.CudaRuntime;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** The places where CUDA's runtime libraries lie on a system. */
final class CudaLibraries {
    private final Path installations;
    private final Function<String, String> environment;
    private final List<String> listing;

    /**
     * @param installations the folder with cuda, cuda-13.1 and the like
     * @param environment gives a variable's value, or null
     * @param listing the command that lists the dynamic linker's cache
     */
    CudaLibraries(Path installations, Function<String, String> environment, List<String> listing) {
        this.installations = installations;
        this.environment = environment;
        this.listing = List.copyOf(listing);
    }

    /** Those of this machine. */
    static CudaLibraries ofSystem() {
        String tool = Files.isExecutable(Path.of("/sbin/ldconfig")) ? "/sbin/ldconfig" : "ldconfig";
        return new CudaLibraries(Path.of("/usr/local"), System::getenv, List.of(tool, "-p"));
    }

    /** The names of the libraries of a major version that a module needs, in the order in which they need each other. */
    static List<String> names(int major) {
        return CudaRuntime.names(major);
    }

    /** Whether a folder has them all. */
    static boolean areIn(Path folder, int major) {
        return names(major).stream().allMatch(name -> Files.isRegularFile(folder.resolve(name)));
    }

    /** The first folder with all of them: the environment's first, then installed toolkits, then the linker's cache. */
    Optional<Path> find(int major) {
        Optional<Path> toolkit = Stream.of(environmentFolders(), installedToolkits())
                .flatMap(List::stream)
                .filter(folder -> areIn(folder, major))
                .findFirst();
        return toolkit.or(
                () -> linkerCache(major).filter(folder -> areIn(folder, major)).findFirst());
    }

    /** Toolkits of this system, those the environment names first. */
    List<Path> toolkits() {
        List<Path> toolkits = new ArrayList<>();
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            words(variable).map(Path::of).forEach(toolkits::add);
        }
        toolkits.addAll(installed());
        return toolkits;
    }

    private List<Path> environmentFolders() {
        List<Path> folders = new ArrayList<>();
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            words(variable).map(Path::of).map(CudaLibraries::libraryFolders).forEach(folders::addAll);
        }
        words("LD_LIBRARY_PATH").map(Path::of).forEach(folders::add);
        return folders;
    }

    private List<Path> installedToolkits() {
        return installed().stream()
                .map(CudaLibraries::libraryFolders)
                .flatMap(List::stream)
                .toList();
    }

    // "cuda" is what the system prefers, then the newest.
    private List<Path> installed() {
        return list(installations).stream()
                .filter(folder -> folder.getFileName().toString().matches("cuda(-[0-9.]+)?"))
                .sorted(Comparator.comparing((Path folder) ->
                                !folder.getFileName().toString().equals("cuda"))
                        .thenComparing(Comparator.reverseOrder()))
                .toList();
    }

    private Stream<Path> linkerCache(int major) {
        List<Path> folders = new ArrayList<>();
        String wanted = names(major).getFirst() + " ";
        try {
            Tool.run(listing, Path.of("/"), Map.of("LC_ALL", "C"), line -> {
                int arrow = line.lastIndexOf("=> ");
                if (arrow > 0 && line.strip().startsWith(wanted)) {
                    folders.add(Path.of(line.substring(arrow + 3).strip()).getParent());
                }
            });
        } catch (IOException e) {
            return Stream.empty(); // no such cache on this system: nothing is in it
        }
        return folders.stream();
    }

    private static List<Path> libraryFolders(Path toolkit) {
        List<Path> folders = new ArrayList<>(List.of(toolkit.resolve("lib64"), toolkit.resolve("lib")));
        list(toolkit.resolve("targets")).forEach(target -> folders.add(target.resolve("lib")));
        return folders;
    }

    private Stream<String> words(String variable) {
        String value = environment.apply(variable);
        return value == null
                ? Stream.empty()
                : Arrays.stream(value.split(File.pathSeparator)).filter(word -> !word.isBlank());
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
