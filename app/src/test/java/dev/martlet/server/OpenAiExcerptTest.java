package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

class OpenAiExcerptTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Where it is written to. */
    private static final Path SOURCE =
            Path.of("src", "test", "resources", "dev", "martlet", "server").resolve(OpenAiDocument.FILE);

    @Test
    void shouldHaveEverySchemaThatIsReferredToAndNoOther() throws IOException {
        JsonNode excerpt = MAPPER.readTree(SOURCE.toFile());

        assertThat((JsonNode) OpenAiExcerpt.of(excerpt)).isEqualTo(excerpt);
    }

    @Test
    void shouldKeepWhatSchemasDemandAndDropWhatTheySay() throws IOException {
        ObjectNode document = (ObjectNode) MAPPER.readTree("""
                {"openapi": "3.1.0", "paths": {"/models": {"get": {"responses": {"200": {"content": {"application/json":
                 {"schema": {"$ref": "#/components/schemas/A"}}}}}}}}, "components": {"schemas": {
                 "A": {"type": "object", "description": "words", "x-oaiMeta": {"name": "A"}, "required": ["title"],
                  "properties": {"title": {"type": "string", "example": "a"}, "description": {"$ref": "#/components/schemas/B"}}},
                 "B": {"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}], "nullable": true},
                 "ErrorResponse": {"type": "object"}, "C": {"type": "string"}}}}""");

        JsonNode excerpt = OpenAiExcerpt.of(document);

        assertThat(excerpt.path("paths").path("/models"))
                .isEqualTo(document.path("paths").path("/models"));
        assertThat(excerpt.path("components").path("schemas")).isEqualTo(MAPPER.readTree("""
                {"A": {"type": "object", "required": ["title"],
                  "properties": {"title": {"type": "string"}, "description": {"$ref": "#/components/schemas/B"}}},
                 "B": {"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}], "nullable": true},
                 "ErrorResponse": {"type": "object"}}"""));
    }

    /** With {@code martlet.openai.document}, the document as JSON; {@code -Dmartlet.openai.write=true} cuts it anew. */
    @Test
    @EnabledIfSystemProperty(named = "martlet.openai.document", matches = ".+", disabledReason = "no document is given")
    void shouldBeWhatTheDocumentHas() throws IOException {
        ObjectNode cut = OpenAiExcerpt.of(MAPPER.readTree(
                Path.of(System.getProperty("martlet.openai.document")).toFile()));
        if (Boolean.getBoolean("martlet.openai.write")) {
            Files.writeString(SOURCE, OpenAiExcerpt.written(cut));
        }

        assertThat(MAPPER.readTree(SOURCE.toFile())).isEqualTo(cut);
    }
}
