package dev.martlet.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonSchemaTest {

    private static final TokenIndex INDEX = new TokenIndex(Vocabularies.bytesAnd());

    private static boolean accepts(String schema, String json) {
        return accepts(schema, json, JsonSchemaOptions.standard());
    }

    private static boolean accepts(String schema, String json, JsonSchemaOptions options) {
        GrammarMatcher matcher =
                Grammar.ofJsonSchema(schema, options).compile(INDEX).matcher();
        return matcher.acceptBytes(json.getBytes(StandardCharsets.UTF_8)) && matcher.mayEnd();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '\'',
            value = {
                "{'type':'integer','minimum':-3,'exclusiveMaximum':12}; -3 0 7 11; -4 12 100 -0 1.0 01 1e1",
                "{'type':'number','minimum':0.05,'maximum':2}; 0.05 0.1 1.999 2.0 2; 0.04 2.01 -1 0 1e0 3",
                "{'type':'number'}; 1e5 -0.5E-3 0 -0; 01 .5 1. +1",
                "{'multipleOf':0.25}; 0 0.25 1.50 -3 \"x\"; 0.3 1.26",
                "{'type':'integer','multipleOf':7}; 0 14 -49 700; 1 15",
                "{'minLength':2,'maxLength':3}; \"é漢\" \"abc\" \"\\n\\u00e9\" \"\\ud83d\\ude00a\" 5; \"a\" \"😀\" \"abcd\" \"\\ud83d\"",
                "{'pattern':'^a.c$'}; \"abc\" \"a😀c\" 1; \"ac\" \"a\\nc\" \"xabc\"",
                "{'format':'date'}; \"2024-02-29\" \"1999-12-31\"; \"2023-02-29\" \"2024-13-01\" \"2024-1-1\"",
                "{'format':'ipv6'}; \"::1\" \"fe80::1:2\" \"1:2:3:4:5:6:7:8\"; \"1::2::3\" \"1:2:3\" \":::\"",
                "{'format':'email','maxLength':1024}; \"a.b+c@x-y.org\" \"a@b\"; \"a@\" \"@b\" \"a..b@c\" \"a@-b\"",
                "{'format':'hostname'}; \"a.b-c.d\" \"A1\"; \"a..b\" \"-a\" \"a_b\" \"\"",
                "{'format':'date-time'}; \"2024-02-29T23:59:59Z\" \"2024-01-01t00:00:00.5+01:00\"; \"2024-01-01\" \"2024-01-01T24:00:00Z\"",
                "{'format':'uri'}; \"https://a.b:80/c?d=e#f\" \"urn:x:y\" \"a:\"; \"/a\" \"a{b\" \"http://[::1\" \"1a:b\"",
                "{'format':'uuid'}; \"123e4567-e89b-12d3-a456-426614174000\"; \"123e4567e89b12d3a456426614174000\"",
                "{'format':'made-up'}; \"anything\" 1; {",
                "{'const':1}; 1; 2 1.0 true",
                "{'enum':[[1,'a'],{'b':null},'x',2.5]}; [1,\"a\"] {\"b\":null} \"x\" 2.5 2.50; [1] {\"b\":1} {} 2.4",
                "{'items':{'type':'null'},'maxItems':1}; [] [null] 3; [null,null] [1]",
                "{'prefixItems':[{'const':1}],'items':false}; [] [1] {}; [2] [1,1]",
                "{'contains':{'const':1}}; [1] [0,1,2] {}; [] [0,2]",
                "{'minProperties':1,'maxProperties':2}; {\"a\":1} {\"a\":1,\"b\":2} []; {} {\"a\":1,\"b\":1,\"c\":1}",
                "{'propertyNames':{'pattern':'^[ab]+$'}}; {} {\"ab\":1}; {\"c\":1} {\"\":1}",
                "{'patternProperties':{'^a':{'type':'null'}},'additionalProperties':false}; {\"ab\":null}; {\"ab\":1} {\"b\":1}",
                "{'dependentRequired':{'a':['b']}}; {\"b\":1} {\"a\":1,\"b\":1} {\"b\":1,\"a\":1}; {\"a\":1}",
                "{'oneOf':[{'required':['a']},{'required':['b']}]}; {\"a\":1} {\"b\":1,\"c\":1}; {} {\"a\":1,\"b\":1} 1",
                "{'not':{'type':'object','additionalProperties':{'const':1}}}; 1 {\"a\":2} {\"b\":1,\"a\":2}; {} {\"a\":1}",
                "{'if':{'properties':{'k':{'const':1}},'required':['k']},'then':{'required':['x']}}; {} {\"k\":1,\"x\":1} {\"k\":2}; {\"k\":1}",
                "{'allOf':[{'minimum':2},{'maximum':4}],'type':'integer'}; 2 4; 1 5",
            })
    void shouldAcceptJustWhatTheKeywordsSay(String schema, String valid, String invalid) {
        String json = schema.replace('\'', '"');
        for (String instance : valid.trim().split(" ")) {
            assertThat(accepts(json, instance))
                    .as("%s under %s", instance, json)
                    .isTrue();
        }
        for (String instance : invalid.trim().split(" ")) {
            assertThat(accepts(json, instance))
                    .as("%s under %s", instance, json)
                    .isFalse();
        }
    }

    @Test
    void shouldTakeMembersInAnyOrderOrTheDeclaredOne() {
        String schema = """
                {"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"integer"},"c":{}},"required":["a"]}""";
        JsonSchemaOptions declared = new JsonSchemaOptions(true, false);

        assertThat(accepts(schema, "{\"a\": 1, \"x\": 2, \"b\": 3}")).isTrue();
        assertThat(accepts(schema, "{\"b\": 1}")).isFalse();
        assertThat(accepts(schema, "{\"a\": 1, \"a\": 1}")).isFalse();
        assertThat(accepts(schema, "{\"b\": 1, \"a\": 3, \"x\": 2}", declared)).isTrue();
        assertThat(accepts(schema, "{\"a\": 1, \"c\": 3}", declared)).isTrue();
        assertThat(accepts(schema, "{\"a\": 1, \"b\": 3}", declared)).isFalse();
        assertThat(accepts(schema, "{\"x\": 1, \"a\": 3}", declared)).isFalse();
    }

    @Test
    void shouldTakeTheWhiteSpaceOfCommonWritersAndNoMore() {
        String pretty = "{\n    \"a\": [\n        1,\n        {}\n    ],\n\t\"b\": []\n}";

        assertThat(accepts("true", pretty)).isTrue();
        assertThat(accepts("true", "{\"a\":[1,{}],\"b\":[]}")).isTrue();
        assertThat(accepts("true", "[1,  2]")).isFalse();
        assertThat(accepts("true", "[1,\n\n2]")).isFalse();
        assertThat(accepts("true", "[1,\n" + " ".repeat(33) + "2]")).isFalse();
        assertThat(accepts("true", " 1")).isFalse();
        assertThat(accepts("true", "[1, 2]", new JsonSchemaOptions(false, true)))
                .isFalse();
    }

    @Test
    void shouldFollowReferences() {
        String tree = """
                {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{
                "v":{"$ref":"#value"},"kids":{"type":"array","items":{"$ref":"#/$defs/node"}}},
                "required":["v"],"additionalProperties":false},"w":{"$anchor":"value","type":"integer"}}}""";

        assertThat(accepts(tree, "{\"v\":1,\"kids\":[{\"v\":2,\"kids\":[]},{\"v\":3}]}"))
                .isTrue();
        assertThat(accepts(tree, "{\"v\":1,\"kids\":[{\"kids\":[]}]}")).isFalse();
    }

    @Test
    void shouldIgnoreWhatStandsBesideAReferenceInOldDraftsOnly() {
        String schema =
                "{%s\"properties\":{\"a\":{\"$ref\":\"#/definitions/n\",\"minimum\":5}},\"definitions\":{\"n\":{\"type\":\"integer\"}}}";

        assertThat(accepts(schema.formatted(""), "{\"a\":1}")).isFalse();
        assertThat(accepts(schema.formatted("\"$schema\":\"http://json-schema.org/draft-07/schema#\","), "{\"a\":1}"))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '\'',
            value = {
                "{'properties':{'a':{'unevaluatedItems':false}}}; UNSUPPORTED; /properties/a; unevaluatedItems",
                "{'items':{'uniqueItems':true}}; UNSUPPORTED; /items; uniqueItems",
                "{'anyOf':[{'pattern':'(a)\\\\1'}]}; UNSUPPORTED; /anyOf/0; pattern",
                "{'format':'idn-email'}; UNSUPPORTED; ; format",
                "{'properties':{'a/b':{'$ref':'other.json'}}}; UNSUPPORTED; /properties/a~1b; $ref",
                "{'type':'object','properties':{'x':{'type':'string','minLength':3,'maxLength':1}},'required':['x']}; UNSATISFIABLE; /properties/x; ",
                "{'type':'object','properties':{'a':{'$ref':'#'}},'required':['a']}; UNSATISFIABLE; /properties/a; ",
                "{'items':{'type':'text'}}; INVALID; /items; type",
                "{'minItems':-1}; INVALID; ; minItems",
                "{'$ref':'#/nowhere'}; INVALID; ; $ref",
                "{'allOf':[{'$ref':'#'}]}; INVALID; /allOf/0; $ref",
                "{'a':}; INVALID; offset 5; ",
            })
    void shouldNameThePlaceAndTheKeywordOfWhatItRefuses(String schema, String reason, String place, String keyword) {
        assertThatThrownBy(() -> Grammar.ofJsonSchema(schema.replace('\'', '"')))
                .isInstanceOfSatisfying(GrammarException.class, e -> {
                    assertThat(e.reason().name()).isEqualTo(reason);
                    assertThat(e.place()).isEqualTo(place == null ? "" : place);
                    assertThat(e.keyword()).isEqualTo(keyword == null ? "" : keyword);
                });
    }

    @Test
    void shouldRefuseWhatIsTooMuchWithoutTryingItAll() {
        StringBuilder doubling = new StringBuilder("{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
        for (int i = 0; i < 60; i++) {
            String next = "{\"$ref\":\"#/$defs/a" + (i + 1) + "\"}";
            doubling.append("\"a%d\":{\"oneOf\":[{\"required\":[\"p%d\"]},{\"required\":[\"q%d\"]}],\"allOf\":[%s,%s]},"
                    .formatted(i, i, i, next, next));
        }
        doubling.append("\"a60\":{\"type\":\"object\"}}}");

        assertTooComplex(doubling.toString());
        assertTooComplex("{\"enum\":[\"" + "x".repeat(5_000_000) + "\"]}");
        assertTooComplex("{\"items\":".repeat(10_000) + "{}" + "}".repeat(10_000));
        assertTooComplex("{\"pattern\":\"(a|b)*a(a|b){20}\"}");
        assertTooComplex("{\"pattern\":\"((a{1000}){1000}){1000}\"}");
        assertTooComplex("{\"multipleOf\":999983}");
    }

    private static void assertTooComplex(String schema) {
        assertThatThrownBy(() -> Grammar.ofJsonSchema(schema))
                .isInstanceOfSatisfying(
                        GrammarException.class,
                        e -> assertThat(e.reason()).isEqualTo(GrammarException.Reason.TOO_COMPLEX));
    }
}
