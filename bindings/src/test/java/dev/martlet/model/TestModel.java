package dev.martlet.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;

/** The files that integration tests run on; the build names them. */
public final class TestModel {

    private TestModel() {}

    /** The default model, from the system property martlet.test.model. */
    public static Path path() {
        return required("martlet.test.model", "the GGUF file of the default model");
    }

    /** The folder with llama.cpp's ggml-vocab-*.gguf files, from the system property martlet.llama.models. */
    public static Path vocabularies() {
        return required("martlet.llama.models", "the models folder of the llama.cpp source");
    }

    private static Path required(String property, String what) {
        String value = System.getProperty(property, "");
        assertThat(value)
                .as("the system property %s must name %s: mvn verify -D%s=...", property, what, property)
                .isNotEmpty();
        Path path = Path.of(value);
        assertThat(path).as(property).exists();
        return path;
    }
}
