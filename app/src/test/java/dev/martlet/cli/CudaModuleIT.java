package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.FatBinary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The real modules beside the real libraries, as far as that goes without a GPU. {@code -Dmartlet.test.cuda=true} runs it:
 * it fetches more than a gigabyte.
 */
@EnabledIfSystemProperty(named = "martlet.test.cuda", matches = "true")
class CudaModuleIT {
    private static final Path LIBRARIES = Path.of("..", "native-lib", "target", "classes", "dev", "martlet", "native")
            .resolve("linux-x64")
            .toAbsolutePath()
            .normalize();
    private static final Pattern DRIVER_FUNCTION = Pattern.compile("\\bU (cu[A-Z]\\w*)");

    @TempDir
    Path folder;

    private final CudaStore store = CudaStore.ofUser();

    @BeforeEach
    void compile() throws IOException {
        Path source = folder.resolve("load_module.c");
        try (InputStream in = CudaModuleIT.class.getResourceAsStream("load_module.c")) {
            Files.copy(in, source);
        }
        run(Map.of(), "cc", "-Wall", "-Wextra", "-Werror", "-o", "load_module", source.toString(), "-ldl");
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 13})
    void shouldHoldTheCodeThatIsWrittenDown(int major) throws IOException {
        CudaModule module = store.fetch(major);
        FatBinary code = FatBinary.read(module.file());

        assertThat(module.sass()).isEqualTo(code.sass());
        assertThat(module.ptx()).isEqualTo(code.ptx());
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 13})
    void shouldResolveEverySymbolAndTakeAMachineWithoutDevices(int major) throws IOException {
        Path module = store.fetch(major).file();
        stub(driverFunctions(module));

        assertThat(load(major, module))
                .contains("module loaded, devices: 0", "device CPU")
                .anySatisfy(line -> assertThat(line).contains("failed to initialize CUDA"))
                .noneSatisfy(line -> assertThat(line).contains("device CUDA"));
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 13})
    void shouldNameTheFunctionThatADriverLacks(int major) throws IOException {
        Path module = store.fetch(major).file();
        TreeSet<String> functions = driverFunctions(module);
        stub(functions.headSet(functions.last()));

        assertThat(load(major, module))
                .contains("module not loaded", "device CPU")
                .anySatisfy(line -> assertThat(line).contains("undefined symbol: " + functions.last()));
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 13})
    void shouldNameTheDriverWhereThereIsNone(int major) throws IOException {
        assertThat(load(major, store.fetch(major).file()))
                .contains("module not loaded", "device CPU")
                .anySatisfy(line -> assertThat(line).contains("libcuda.so.1: cannot open shared object file"));
    }

    /** What the child process prints: it binds every symbol at once. */
    private List<String> load(int major, Path module) throws IOException {
        Path runtime = store.fetchRuntime(major);
        String ggml;
        try (Stream<Path> files = Files.list(LIBRARIES)) {
            ggml = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("libggml(\\.v[0-9.]+)?\\.so"))
                    .findFirst()
                    .orElseThrow();
        }
        Map<String, String> environment = Map.of("LD_BIND_NOW", "1", "LD_LIBRARY_PATH", runtime + ":" + folder);
        return run(environment, "./load_module", LIBRARIES.toString(), module.toString(), ggml);
    }

    private TreeSet<String> driverFunctions(Path module) throws IOException {
        TreeSet<String> functions = run(Map.of(), "nm", "-D", "--undefined-only", module.toString()).stream()
                .flatMap(line -> DRIVER_FUNCTION.matcher(line).results())
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(functions).hasSizeGreaterThan(5);
        return functions;
    }

    /** A driver in the test's folder whose functions all say CUDA_ERROR_NO_DEVICE. */
    private void stub(Iterable<String> functions) throws IOException {
        StringBuilder source = new StringBuilder();
        functions.forEach(name -> source.append("int %s(void) { return 100; }\n".formatted(name)));
        Files.writeString(folder.resolve("driver.c"), source);
        run(Map.of(), "cc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", "libcuda.so.1", "driver.c");
    }

    private List<String> run(Map<String, String> environment, String... command) throws IOException {
        List<String> lines = new ArrayList<>();
        Tool.run(List.of(command), folder, environment, lines::add);
        return lines;
    }
}
