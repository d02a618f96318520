package dev.martlet.server;

import dev.martlet.openai.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The clients of the matrix, in the order of its rows, and what they cannot do. */
enum MatrixRow {
    OPENAI_JAVA("openai-java", "openai-java", Packages.MAVEN, OpenAiJavaMatrix::new, Map.of()),
    LANGCHAIN4J("LangChain4j", "langchain4j", Packages.MAVEN, LangChain4jMatrix::new, Map.of()),
    SPRING_AI("Spring AI", "spring-ai", Packages.MAVEN, SpringAiMatrix::new, Map.of()),
    OPENAI_NODE("openai (npm)", "openai", Packages.NPM, () -> new ScriptClient("matrix-openai.mjs"), Map.of()),
    AI_SDK("AI SDK", "ai", Packages.NPM, () -> new ScriptClient("matrix-ai-sdk.mjs"), Map.of()),
    AGENTS("OpenAI Agents SDK", "@openai/agents", Packages.NPM, () -> new ScriptClient("matrix-agents.mjs"), Map.of()),
    LANGCHAIN_JS(
            "LangChain JS",
            "@langchain/openai",
            Packages.NPM,
            () -> new ScriptClient("matrix-langchain.mjs"),
            Map.of()),
    OPENAI_PYTHON("openai (Python)", "openai", Packages.PYPI, () -> new ScriptClient("matrix_openai.py"), Map.of());

    /** Where versions are pinned. */
    private enum Packages {
        MAVEN {
            @Override
            String version(String name) {
                return find("../pom.xml", "<" + name + ".version>(.*)</");
            }
        },
        NPM {
            @Override
            String version(String name) {
                return Json.object(bytes("src/test/clients/package.json"))
                        .getJsonObject("dependencies")
                        .getString(name);
            }
        },
        PYPI {
            @Override
            String version(String name) {
                return find("src/test/clients/requirements.txt", "(?m)^" + name + "==(\\S+)");
            }
        };

        abstract String version(String name);

        private static byte[] bytes(String file) {
            try {
                return Files.readAllBytes(Path.of(file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String find(String file, String pattern) {
            Matcher matcher = Pattern.compile(pattern).matcher(new String(bytes(file)));
            if (!matcher.find()) {
                throw new AssertionError(pattern + " is not in " + file);
            }
            return matcher.group(1);
        }
    }

    private final String title;
    private final String name;
    private final Packages packages;
    private final Supplier<MatrixClient> start;

    /** What it has no way to do, and why. */
    final Map<MatrixCell, String> cannot;

    MatrixRow(
            String title,
            String name,
            Packages packages,
            Supplier<MatrixClient> start,
            Map<MatrixCell, String> cannot) {
        this.title = title;
        this.name = name;
        this.packages = packages;
        this.start = start;
        this.cannot = cannot;
    }

    MatrixClient start() {
        return start.get();
    }

    String title() {
        return title + " " + packages.version(name);
    }

    /** The table as it is when every client does all it can. */
    static String expectedTable() {
        Map<MatrixRow, Map<MatrixCell, String>> all = new EnumMap<>(MatrixRow.class);
        for (MatrixRow row : values()) {
            Map<MatrixCell, String> cells = new EnumMap<>(MatrixCell.class);
            for (MatrixCell cell : MatrixCell.values()) {
                cells.put(cell, row.cannot.containsKey(cell) ? "-" : "yes");
            }
            all.put(row, cells);
        }
        return table(all);
    }

    /** In Markdown, with the reasons of what is not done below it. */
    static String table(Map<MatrixRow, Map<MatrixCell, String>> results) {
        StringBuilder table = new StringBuilder("| client |");
        Arrays.stream(MatrixCell.values())
                .forEach(cell -> table.append(' ').append(cell.title).append(" |"));
        table.append("\n|---|")
                .append("---|".repeat(MatrixCell.values().length))
                .append('\n');
        results.forEach((row, cells) -> table.append("| ")
                .append(row.title())
                .append(" | ")
                .append(Arrays.stream(MatrixCell.values())
                        .map(cell -> cells.getOrDefault(cell, "not run"))
                        .collect(Collectors.joining(" | ")))
                .append(" |\n"));
        for (MatrixRow row : results.keySet()) {
            row.cannot.forEach((cell, why) -> table.append("\n")
                    .append(row.title)
                    .append(", ")
                    .append(cell.title)
                    .append(": ")
                    .append(why));
        }
        return table.toString();
    }
}
