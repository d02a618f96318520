package dev.martlet.nativelib;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_context_info;
import dev.martlet.ffi.mt_context_params;
import dev.martlet.ffi.mt_device;
import dev.martlet.ffi.mt_embedder_info;
import dev.martlet.ffi.mt_embedder_params;
import dev.martlet.ffi.mt_memory;
import dev.martlet.ffi.mt_model_info;
import dev.martlet.ffi.mt_model_params;
import dev.martlet.ffi.mt_perf;
import dev.martlet.ffi.mt_sampler_params;
import dev.martlet.ffi.mt_step_input;
import dev.martlet.ffi.mt_step_output;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.PaddingLayout;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The generated layouts against those the library was compiled with. */
class AbiLayoutIT {

    private static final List<GroupLayout> LAYOUTS = List.of(
            mt_device.layout(),
            mt_model_params.layout(),
            mt_model_info.layout(),
            mt_sampler_params.layout(),
            mt_context_params.layout(),
            mt_context_info.layout(),
            mt_memory.layout(),
            mt_step_input.layout(),
            mt_step_output.layout(),
            mt_perf.layout(),
            mt_embedder_params.layout(),
            mt_embedder_info.layout());

    @Test
    void shouldHaveTheLayoutsTheLibraryWasCompiledWith() {
        NativeLibrary.ensureLoaded();
        List<String> library = NativeCalls.text("abi layout", martlet_h::mt_abi_layout)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        TreeSet<String> generated = new TreeSet<>();
        for (GroupLayout struct : LAYOUTS) {
            String name = struct.name().orElseThrow();
            generated.add(name + " " + struct.byteSize());
            for (MemoryLayout field : struct.memberLayouts()) {
                if (!(field instanceof PaddingLayout)) {
                    String fieldName = field.name().orElseThrow();
                    long offset = struct.byteOffset(PathElement.groupElement(fieldName));
                    generated.add(name + "." + fieldName + " " + offset + " " + field.byteSize());
                }
            }
        }
        assertThat(new TreeSet<>(library)).isEqualTo(generated);
    }

    @Test
    void shouldDescribeTheMachine() {
        assertThat(NativeLibrary.systemInfo()).isNotBlank();
    }
}
