package dev.martlet.cli;

import dev.martlet.model.CpuVariant;
import dev.martlet.model.HostMemory;
import dev.martlet.model.Machine;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.NativeLibrary;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The machine but for its GPUs, and the native library on it.
 *
 * @param natives empty where the library cannot be loaded
 * @param failure why not
 */
record HostReport(Machine machine, HostMemory memory, Optional<Natives> natives, Optional<String> failure)
        implements Report {

    /**
     * The library, loaded.
     *
     * @param llama the release of llama.cpp
     * @param folder where it was loaded from
     */
    record Natives(String llama, String folder, CpuVariant cpu) {}

    /** Looks at this machine. Loads the native library, but no module for GPUs. */
    static HostReport read() {
        Optional<Natives> natives = Optional.empty();
        Optional<String> failure = Optional.empty();
        try {
            natives = Optional.of(new Natives(
                    llama(NativeLibrary.systemInfo()),
                    NativeLibrary.location().toAbsolutePath().toString(),
                    CpuVariant.current()));
        } catch (NativeException e) {
            failure = Optional.of(e.getMessage());
        }
        return new HostReport(Machine.current(), HostMemory.current(), natives, failure);
    }

    /** "0.5.0" of "llama.cpp 0.5.0, libggml-cpu-haswell.so: ...". */
    private static String llama(String systemInfo) {
        return systemInfo.replaceFirst("^llama.cpp ", "").replaceFirst(",.*", "");
    }

    @Override
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row(
                "java",
                System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + "), "
                        + System.getProperty("java.home")));
        rows.add(new Row(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch")));
        rows.add(new Row(
                "cpu",
                machine.cores() + " cores (" + machine.processors() + " processors)"
                        + natives.map(found -> ", kernels " + found.cpu().name() + ": "
                                        + String.join(
                                                " ", new TreeSet<>(found.cpu().features())))
                                .orElse("")));
        List<String> amounts = new ArrayList<>();
        memory.total().ifPresent(bytes -> amounts.add(Report.megabytes(bytes)));
        memory.available().ifPresent(bytes -> amounts.add(Report.megabytes(bytes) + " available"));
        memory.limit().ifPresent(bytes -> amounts.add(Report.megabytes(bytes) + " allowed by the cgroup"));
        rows.add(new Row("memory", amounts.isEmpty() ? "unknown" : String.join(", ", amounts)));
        rows.add(new Row(
                "natives",
                natives.map(found -> "llama.cpp " + found.llama() + " in " + found.folder())
                        .orElse("cannot be loaded")));
        return rows;
    }

    @Override
    public JsonObject json() {
        JsonObjectBuilder cpu = Json.builders()
                .createObjectBuilder()
                .add("processors", machine.processors())
                .add("cores", machine.cores())
                .add("kernels", Report.orNull(natives.map(found -> found.cpu().name())))
                .add(
                        "features",
                        Report.strings(
                                natives.map(found -> new TreeSet<>(found.cpu().features()))
                                        .orElseGet(TreeSet::new)));
        return Json.builders()
                .createObjectBuilder()
                .add("java", properties("java.version", "java.vendor", "java.home"))
                .add("os", properties("os.name", "os.version", "os.arch"))
                .add("cpu", cpu)
                .add(
                        "memory",
                        Json.builders()
                                .createObjectBuilder()
                                .add("total", Report.orNull(memory.total()))
                                .add("available", Report.orNull(memory.available()))
                                .add("limit", Report.orNull(memory.limit())))
                .add(
                        "natives",
                        Json.builders()
                                .createObjectBuilder()
                                .add("llama", Report.orNull(natives.map(Natives::llama)))
                                .add("folder", Report.orNull(natives.map(Natives::folder))))
                .build();
    }

    /** System properties by the last word of their names. */
    private static JsonObjectBuilder properties(String... names) {
        JsonObjectBuilder object = Json.builders().createObjectBuilder();
        for (String name : names) {
            object.add(name.substring(name.indexOf('.') + 1), System.getProperty(name));
        }
        return object;
    }

    @Override
    public List<Finding> findings() {
        return failure.map(reason -> List.of(Finding.problem(
                        "the native library cannot be loaded: " + reason,
                        "build it anew: rm -rf native-lib/target, then ./martlet serve")))
                .orElseGet(List::of);
    }
}
