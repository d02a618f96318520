package dev.martlet.gpu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Makes libraries that stand in for NVIDIA's driver and for CUDA modules, with the compiler that builds the native library. */
public final class StubCuda {
    private StubCuda() {}

    /**
     * A driver, which serves as its management library as well.
     *
     * @param facts as driver.c reads them
     */
    public static Path driver(Path folder, String... facts) {
        Path library = compile("driver.c", folder.resolve("libcuda-stub.so"));
        try {
            Files.write(Path.of(library + ".facts"), Arrays.asList(facts));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return library;
    }

    /** A fact of a device: its capability as in "9.0", bytes in all and free (-1: unknown), and its name. */
    public static String device(String capability, long total, long free, String name) {
        return "device " + capability.replace('.', ' ') + " " + total + " " + free + " " + name;
    }

    /**
     * A folder with a module and its description.
     *
     * @param options for the compiler, e.g. -DDEVICES=1
     */
    public static CudaModule module(Path folder, String toolkit, String sass, String ptx, String... options) {
        try {
            Files.createDirectories(folder);
            compile("module.c", folder.resolve(CudaModule.FILE), options);
            Files.writeString(
                    folder.resolve(CudaModule.DESCRIPTION),
                    "toolkit=" + toolkit + "\nsass=" + sass + "\nptx=" + ptx + "\norigin=built\n");
            return CudaModule.read(folder);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether a module was loaded, by any process. */
    public static boolean wasLoaded(CudaModule module) {
        return Files.exists(Path.of(module.file() + ".loaded"));
    }

    /** Libraries without content, under the names of CUDA's. */
    public static Path runtime(Path folder, int major, String... left) {
        for (String name : CudaRuntime.names(major)) {
            if (!List.of(left).contains(name)) {
                compile("empty.c", folder.resolve(name));
            }
        }
        return folder;
    }

    /** Compiles one of the C files beside this class to a shared library. */
    public static Path compile(String source, Path library, String... options) {
        try (InputStream in = StubCuda.class.getResourceAsStream(source)) {
            Files.createDirectories(library.getParent());
            List<String> command = new ArrayList<>(List.of("c++", "-x", "c", "-shared", "-fPIC", "-w"));
            command.addAll(List.of(options));
            command.addAll(List.of("-o", library.toString(), "-", "-ldl"));
            Process compiler =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            try (var out = compiler.getOutputStream()) {
                in.transferTo(out);
            }
            String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!compiler.waitFor(60, TimeUnit.SECONDS) || compiler.exitValue() != 0) {
                compiler.destroyForcibly();
                throw new AssertionError(source + " does not compile: " + said);
            }
            return library;
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
