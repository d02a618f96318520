package dev.martlet.openai;

import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The description of the wire in OpenAPI 3.1: {@code openapi.json} with the schemas of {@code schemas.json}. Tests hold it
 * to the routes, the readers and the answers.
 */
public final class ApiDocument {
    private static final String COMPONENTS = "components";

    private ApiDocument() {}

    /**
     * The whole description.
     *
     * @param version the server's
     */
    public static JsonObject of(String version) {
        JsonObject document = read("openapi.json");
        JsonObjectBuilder info = Json.builders()
                .createObjectBuilder(document.getJsonObject("info"))
                .add("version", version);
        JsonObjectBuilder components = Json.builders()
                .createObjectBuilder(document.getJsonObject(COMPONENTS))
                .add("schemas", read("schemas.json"));
        return Json.builders()
                .createObjectBuilder(document)
                .add("info", info)
                .add(COMPONENTS, components)
                .build();
    }

    private static JsonObject read(String resource) {
        try (InputStream in = ApiDocument.class.getResourceAsStream(resource)) {
            return Json.object(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
