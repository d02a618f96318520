package dev.martlet.gpu;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** NVIDIA's driver as it was found on this machine. */
public sealed interface CudaDriver {

    /**
     * There is none.
     *
     * @param reason what the dynamic linker says
     * @param hardware whether an NVIDIA GPU is there all the same, on the PCI bus
     */
    record Absent(String reason, boolean hardware) implements CudaDriver {
        public Absent {
            Objects.requireNonNull(reason, "reason");
        }
    }

    /**
     * There is one that does not work.
     *
     * @param reason which call failed, and what the driver says of it
     */
    record Failed(String reason) implements CudaDriver {
        public Failed {
            Objects.requireNonNull(reason, "reason");
        }
    }

    /**
     * There is one, and it answers.
     *
     * @param cuda the newest version of CUDA that it knows
     * @param release its own version, e.g. "580.65.06", where NVML tells it
     * @param devices in its order; may be empty
     */
    record Present(CudaVersion cuda, Optional<String> release, List<CudaDevice> devices) implements CudaDriver {
        public Present {
            Objects.requireNonNull(cuda, "cuda");
            Objects.requireNonNull(release, "release");
            devices = List.copyOf(devices);
        }
    }
}
