package dev.martlet.cli;

import dev.martlet.cli.Downloads.Wheel;
import dev.martlet.gpu.CudaVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What of CUDA is fetched, in which version and with which checksum: the files "versions" of native-lib. */
final class CudaPins {
    private static final String RELEASES = "/dev/martlet/native/llama/versions";
    private static final String CUDA = "/dev/martlet/native/cuda/versions";

    private final String release;
    private final List<List<String>> lines;

    /** @param release of llama.cpp */
    CudaPins(String release, String text) {
        this.release = release;
        this.lines = lines(text);
    }

    /** Those this jar was built with. */
    static CudaPins ofBuild() {
        String release = lines(resource(RELEASES)).stream()
                .filter(line -> line.getFirst().equals("release"))
                .findFirst()
                .orElseThrow()
                .get(1);
        return new CudaPins(release, resource(CUDA));
    }

    /**
     * A prebuilt module inside an npm package.
     *
     * @param megabytes of the download
     */
    record Module(
            CudaVersion toolkit,
            int megabytes,
            String npmPackage,
            String integrity,
            String entry,
            List<String> sass,
            List<String> ptx) {}

    /**
     * Wheels that belong together.
     *
     * @param megabytes of the download
     */
    record Wheels(int megabytes, List<Wheel> wheels) {}

    /** The release of llama.cpp that modules are of. */
    String release() {
        return release;
    }

    /** The prebuilt module of a major version of CUDA. */
    Optional<Module> module(int major) {
        return find("module", major).stream()
                .findFirst()
                .map(line -> new Module(
                        CudaVersion.parse(line.get(2)),
                        Integer.parseInt(line.get(3)),
                        line.get(4),
                        line.get(5),
                        line.get(6),
                        architectures("sass", major),
                        architectures("ptx", major)));
    }

    /** The runtime libraries of a major version of CUDA. */
    Optional<Wheels> runtime(int major) {
        return wheels("runtime", major);
    }

    /** The version of the toolkit that is fetched where the system has none. */
    CudaVersion toolkit() {
        return lines.stream()
                .filter(line -> line.getFirst().equals("toolkit"))
                .map(line -> CudaVersion.parse(line.get(1)))
                .findFirst()
                .orElseThrow();
    }

    /** That toolkit. */
    Wheels toolkitWheels() {
        return wheels("toolkit", toolkit()).orElseThrow();
    }

    /** Numbers of the architectures that it compiles for. */
    SortedSet<Integer> targets() {
        return architectures("targets", toolkit()).stream()
                .map(Integer::valueOf)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Optional<Wheels> wheels(String kind, Object key) {
        List<List<String>> found = find(kind, key);
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of(new Wheels(
                        found.stream()
                                .mapToInt(line -> Integer.parseInt(line.get(2)))
                                .sum(),
                        found.stream()
                                .map(line -> new Wheel(line.get(3), line.get(4)))
                                .toList()));
    }

    private List<String> architectures(String kind, Object key) {
        return find(kind, key).stream().flatMap(line -> line.stream().skip(2)).toList();
    }

    private List<List<String>> find(String kind, Object key) {
        return lines.stream()
                .filter(line -> line.getFirst().equals(kind) && line.get(1).equals(key.toString()))
                .toList();
    }

    private static List<List<String>> lines(String text) {
        return text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(line -> Arrays.asList(line.split("\\s+")))
                .toList();
    }

    private static String resource(String name) {
        try (InputStream in = CudaPins.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not in the jar of martlet-native-lib");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
