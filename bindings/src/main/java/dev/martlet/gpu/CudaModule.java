package dev.martlet.gpu;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/**
 * A build of llama.cpp's CUDA backend, as it lies in a folder: {@value #FILE}, and beside it {@value #DESCRIPTION} that
 * tells what is in it.
 *
 * @param folder where it lies
 * @param toolkit what it was compiled with; a driver must know this version for the PTX in it
 * @param sass architectures with machine code in it, as nvcc names them: "86", "90", "120a"
 * @param ptx architectures with PTX in it, which a driver compiles for devices as new or newer
 * @param origin "package" as fetched, "built" as compiled here
 * @throws IllegalArgumentException for an architecture that nvcc does not name so
 */
public record CudaModule(Path folder, CudaVersion toolkit, List<String> sass, List<String> ptx, String origin) {

    /** The library's name. */
    public static final String FILE = "libggml-cuda.so";

    /** A properties file with the keys toolkit, sass, ptx (architectures with spaces between) and origin. */
    public static final String DESCRIPTION = "module.properties";

    public CudaModule {
        sass = List.copyOf(sass);
        ptx = List.copyOf(ptx);
        sass.forEach(Architecture::parse);
        ptx.forEach(Architecture::parse);
    }

    /** The library itself. */
    public Path file() {
        return folder.resolve(FILE);
    }

    /** Reads a folder's description; IOException where it is missing, incomplete or wrong, with the file's name. */
    public static CudaModule read(Path folder) throws IOException {
        Path description = folder.resolve(DESCRIPTION);
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(description)) {
            properties.load(in);
            return new CudaModule(
                    folder,
                    CudaVersion.parse(value(properties, "toolkit")),
                    words(value(properties, "sass")),
                    words(value(properties, "ptx")),
                    value(properties, "origin"));
        } catch (IllegalArgumentException e) {
            throw new IOException(description + ": " + e.getMessage(), e);
        }
    }

    private static String value(Properties properties, String key) {
        String value = properties.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException(key + " is missing");
        }
        return value.strip();
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split("\\s+")).filter(word -> !word.isEmpty()).toList();
    }
}
