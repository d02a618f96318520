package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import org.junit.jupiter.api.Test;

class TypedTextTest {

    private static int types(String schema) {
        JsonObject root = Json.createReader(new StringReader(schema)).readObject();
        return Toolbox.types(root, root);
    }

    @Test
    void shouldKeepStringsThatLookLikeOtherTypes() {
        assertThat(TypedText.json("007", Toolbox.STRING)).isEqualTo("\"007\"");
        assertThat(TypedText.json(" true\n", Toolbox.STRING)).isEqualTo("\" true\\n\"");
        assertThat(TypedText.json("null", Toolbox.STRING)).isEqualTo("\"null\"");
    }

    @Test
    void shouldFollowTheSchema() {
        assertThat(TypedText.json("12345678901234567890", types("{\"type\":\"integer\"}")))
                .isEqualTo("12345678901234567890");
        assertThat(TypedText.json("1.5", types("{\"type\":\"integer\"}"))).isEqualTo("\"1.5\"");
        assertThat(TypedText.json("3.0", types("{\"type\":\"integer\"}"))).isEqualTo("3.0");
        assertThat(TypedText.json("True", types("{\"type\":\"boolean\"}"))).isEqualTo("true");
        assertThat(TypedText.json("123abc", types("{\"type\":\"number\"}"))).isEqualTo("\"123abc\"");
        assertThat(TypedText.json("null", types("{\"type\":[\"number\",\"null\"]}")))
                .isEqualTo("null");
        assertThat(TypedText.json("null", types("{\"type\":\"number\"}"))).isEqualTo("\"null\"");
        assertThat(TypedText.json("{'a': (1, None)}", types("{\"type\":\"object\"}")))
                .isEqualTo("{\"a\": [1, null]}");
        assertThat(TypedText.json("[1, 2", types("{\"type\":\"array\"}"))).isEqualTo("\"[1, 2\"");
    }

    @Test
    void shouldTakeUnionsEnumsAndReferences() {
        assertThat(TypedText.json("42", types("{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}")))
                .isEqualTo("42");
        assertThat(TypedText.json("042", types("{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}")))
                .isEqualTo("\"042\"");
        assertThat(TypedText.json("1", types("{\"enum\":[\"1\",\"2\"]}"))).isEqualTo("\"1\"");
        assertThat(TypedText.json("1", types("{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"type\":\"string\"}}}")))
                .isEqualTo("\"1\"");
        assertThat(TypedText.json("1", types("{\"$ref\":\"#\"}"))).isEqualTo("1");
    }

    @Test
    void shouldGiveWhatIsCertainOfACutValue() {
        assertThat(TypedText.cut("[1, 2", Toolbox.ARRAY)).isEqualTo("[1, 2");
        assertThat(TypedText.cut("12", Toolbox.INTEGER)).isEqualTo("12");
        assertThat(TypedText.cut("tr", Toolbox.BOOLEAN)).isEmpty();
    }
}
