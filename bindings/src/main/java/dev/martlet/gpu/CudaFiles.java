package dev.martlet.gpu;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where CUDA modules and CUDA's runtime libraries come from. Any thread may ask. */
public interface CudaFiles {

    /** Modules that lie on this machine, the ones compiled here first. */
    List<CudaModule> installed() throws IOException;

    /** What a fetched module of a major version of CUDA would be, without fetching it; empty for versions there is none for. */
    Optional<CudaModule> offered(int major);

    /** Fetches an offered module, unless it is there already; IOException with what to do where that fails. */
    CudaModule fetch(int major) throws IOException;

    /** The folder with libcudart and libcublas of a major version, of the system or fetched before; empty for none. */
    Optional<Path> runtime(int major);

    /** Fetches those libraries, unless they are there already; IOException with what to do where that fails. */
    Path fetchRuntime(int major) throws IOException;
}
