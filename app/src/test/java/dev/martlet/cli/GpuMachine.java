package dev.martlet.cli;

import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.StubCuda;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A machine as far as commands in processes of their own can see it: a driver, modules and CUDA's libraries of stubs. */
final class GpuMachine {
    private final Path folder;
    private final Path home;
    private String driver = "/nowhere/libcuda.so.1";

    GpuMachine(Path folder) {
        this.folder = folder;
        this.home = folder.resolve("home");
    }

    /** @param facts as {@link StubCuda} takes them */
    GpuMachine withDriver(String... facts) {
        driver = StubCuda.driver(folder, facts).toString();
        return this;
    }

    /** Installs a module that was compiled here. */
    CudaModule install(String toolkit, String sass, String ptx, String... options) {
        Path modules = home.resolve("cuda").resolve(CudaPins.ofBuild().release());
        return StubCuda.module(modules.resolve("built-" + toolkit), toolkit, sass, ptx, options);
    }

    /** Installs CUDA's libraries, but for those left out. */
    GpuMachine withRuntime(int major, String... left) {
        StubCuda.runtime(home.resolve("cuda/runtime/" + major), major, left);
        return this;
    }

    MartletProcess run(String... command) {
        return run(Map.of(), command);
    }

    MartletProcess run(Map<String, String> environment, String... command) {
        // Its own MARTLET_HOME for CUDA, but the native library from where it is unpacked already.
        String natives = System.getProperty("martlet.home", System.getenv("MARTLET_HOME"));
        List<String> options = new ArrayList<>(List.of("-Dmartlet.libcuda=" + driver, "-Dmartlet.libnvml=" + driver));
        if (natives != null) {
            options.add("-Dmartlet.home=" + natives);
        }
        Map<String, String> all = new HashMap<>(environment);
        all.put("MARTLET_HOME", home.toString());
        return MartletProcess.start(folder, all, options, List.of(command));
    }
}
