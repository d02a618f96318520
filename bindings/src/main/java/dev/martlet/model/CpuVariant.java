package dev.martlet.model;

import dev.martlet.nativelib.NativeLibrary;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The build of the CPU kernels that was loaded for this machine.
 *
 * @param name e.g. "sapphirerapids"
 * @param features what it was compiled for, in llama.cpp's names, e.g. "AVX2"
 */
public record CpuVariant(String name, Set<String> features) {

    private static final List<String> X86_REPACKED = List.of("Q4_0", "Q4_K", "IQ4_NL", "MXFP4");
    private static final List<String> TILED = List.of("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q5_0", "IQ4_NL");

    /**
     * Weight types that have kernels of their own for matrix products, by the feature these need. From llama.cpp v0.5.0,
     * ggml/src/ggml-cpu: {@code ggml_repack_get_optimal_repack_type} of repack.cpp, {@code qtype_has_amx_kernels} of
     * amx/common.h, and the types of {@code llamafile_sgemm} in llamafile/sgemm.cpp. The rest multiply row by row.
     */
    private static final Map<String, List<String>> KERNELS = Map.of(
            "AMX_INT8", List.of("Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS"),
            "AVX2", X86_REPACKED,
            "AVX512", List.of("Q2_K"),
            "AVX", TILED,
            "DOTPROD", List.of("Q4_0", "Q4_K", "Q5_K", "Q6_K", "Q8_0", "IQ4_NL", "MXFP4", "Q1_0"),
            "NEON", List.of("F32", "F16"));

    /** Features whose kernels want weights in an order of their own; the others take them as they are. */
    private static final List<String> LAYING_OUT = List.of("AMX_INT8", "AVX2", "AVX512", "DOTPROD");

    public CpuVariant {
        features = Set.copyOf(features);
    }

    /** The one that is in use. Loads the library. */
    public static CpuVariant current() {
        return parse(NativeLibrary.systemInfo());
    }

    /** From a line like "llama.cpp 0.5.0, libggml-cpu-haswell.so: AVX AVX2". */
    static CpuVariant parse(String systemInfo) {
        int colon = systemInfo.indexOf(": ");
        String head = colon < 0 ? systemInfo : systemInfo.substring(0, colon);
        String library = head.substring(head.lastIndexOf(' ') + 1);
        String name = library.replaceFirst("^(lib)?ggml-cpu-?", "").replaceFirst("\\.(so|dylib|dll)$", "");
        Set<String> features = colon < 0
                ? Set.of()
                : Set.of(systemInfo.substring(colon + 2).strip().split(" +"));
        return new CpuVariant(name, features);
    }

    /**
     * Whether matrix products with weights of this type have a kernel made for this CPU. Others work too, but prompts take
     * about twice as long.
     *
     * @param weightType as {@link ModelInfo#weightType()}, e.g. "Q4_K - Medium"
     */
    public boolean hasFastKernel(String weightType) {
        String type = baseType(weightType);
        return KERNELS.entrySet().stream()
                .anyMatch(entry ->
                        features.contains(entry.getKey()) && entry.getValue().contains(type));
    }

    /**
     * Whether weights of a type are copied and laid out anew for this CPU's kernels rather than used as the file has them.
     *
     * @param tensorType by ggml's name, e.g. "q4_K"
     */
    public boolean laysOut(String tensorType) {
        String type = baseType(tensorType);
        return LAYING_OUT.stream()
                .anyMatch(feature ->
                        features.contains(feature) && KERNELS.get(feature).contains(type));
    }

    /**
     * Bytes of a matrix of weights as this CPU's kernels lay it out: AMX adds sums or scales to each block of some types
     * (amx/mmq.cpp, {@code get_row_size}).
     *
     * @param tensorType by ggml's name, e.g. "q8_0"
     * @param bytes as in the file
     */
    public long laidOut(String tensorType, long bytes) {
        if (!features.contains("AMX_INT8")) {
            return bytes;
        }
        return switch (baseType(tensorType)) {
            case "Q8_0" -> bytes / 34 * (34 + 4);
            case "Q4_K" -> bytes / 144 * (144 + 4);
            case "Q5_K" -> bytes / 176 * (176 + 4);
            case "IQ4_XS" -> bytes / 136 * (136 + 2);
            default -> bytes;
        };
    }

    /** "Q4_K" of "Q4_K - Medium", "F32" of "all F32". */
    private static String baseType(String weightType) {
        String type = weightType.replace("(guessed)", "").strip();
        type = type.startsWith("all ") ? type.substring(4) : type;
        int space = type.indexOf(' ');
        return (space < 0 ? type : type.substring(0, space)).toUpperCase(Locale.ROOT);
    }
}
