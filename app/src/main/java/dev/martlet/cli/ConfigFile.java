package dev.martlet.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A YAML file of settings: the flags without their dashes, each with a value or a list of them. Read as text: which types
 * the values must have is known to the flags alone.
 *
 * @param entries by the settings' names
 */
record ConfigFile(Path path, Map<String, Entry> entries) {

    /**
     * One of them.
     *
     * @param value as a flag would have it; the values of a list with commas between them
     * @param list whether it was a list
     * @param line where it stands, from 1
     */
    record Entry(String value, boolean list, int line) {}

    ConfigFile {
        entries = Map.copyOf(entries);
    }

    /** @throws CommandFailure naming the file, and the line at fault */
    static ConfigFile read(Path path) {
        try {
            Node root = new Yaml(new LoaderOptions()).compose(Files.newBufferedReader(path));
            return new ConfigFile(path, root == null ? Map.of() : entries(path, root));
        } catch (NoSuchFileException e) {
            throw new CommandFailure("--config: no such file: " + path, e);
        } catch (CharacterCodingException e) {
            throw new CommandFailure("--config: " + path + " is not UTF-8", e);
        } catch (IOException e) {
            throw new CommandFailure("--config: cannot read " + path + ": " + e, e);
        } catch (MarkedYAMLException e) {
            // The context is where the thing began that is wrong.
            Mark mark = e.getContextMark() == null ? e.getProblemMark() : e.getContextMark();
            throw new CommandFailure(at(path, mark.getLine()) + e.getProblem(), e);
        } catch (YAMLException e) {
            throw new CommandFailure(path + " is no YAML: " + e.getMessage(), e);
        }
    }

    private static Map<String, Entry> entries(Path path, Node root) {
        if (!(root instanceof MappingNode settings)) {
            throw new CommandFailure(at(path, line(root)) + "settings are expected, such as port: 8080");
        }
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (NodeTuple setting : settings.getValue()) {
            Node key = setting.getKeyNode();
            if (!(key instanceof ScalarNode name)) {
                throw new CommandFailure(at(path, line(key)) + "the name of a setting is expected");
            }
            if (entries.put(name.getValue(), entry(path, name, setting.getValueNode())) != null) {
                throw new CommandFailure(at(path, line(key)) + name.getValue() + " is there twice");
            }
        }
        return entries;
    }

    private static Entry entry(Path path, ScalarNode name, Node value) {
        int line = line(name);
        return switch (value) {
            case ScalarNode one when !one.getTag().equals(Tag.NULL) -> new Entry(one.getValue(), false, line + 1);
            case SequenceNode many
            when many.getValue().stream().allMatch(ScalarNode.class::isInstance) ->
                new Entry(
                        many.getValue().stream()
                                .map(each -> ((ScalarNode) each).getValue())
                                .collect(Collectors.joining(",")),
                        true,
                        line + 1);
            default -> throw new CommandFailure(at(path, line) + name.getValue() + " needs a value, or a list of them");
        };
    }

    /** Lines of YAML's marks begin with 0. */
    private static int line(Node node) {
        return node.getStartMark().getLine();
    }

    private static String at(Path path, int line) {
        return path + ", line " + (line + 1) + ": ";
    }

    /** Where an entry stands. */
    String place(Entry entry) {
        return path + ", line " + entry.line();
    }

    /** @throws CommandFailure naming the first setting that is none of these, and the one that is most like it */
    void check(Set<String> known) {
        entries.entrySet().stream()
                .filter(entry -> !known.contains(entry.getKey()))
                .min(Comparator.comparingInt(entry -> entry.getValue().line()))
                .ifPresent(unknown -> {
                    throw new CommandFailure(place(unknown.getValue()) + ": there is no setting '" + unknown.getKey()
                            + "'; the nearest is '" + nearest(unknown.getKey(), known) + "'");
                });
    }

    private static String nearest(String name, Set<String> known) {
        return known.stream()
                .min(Comparator.<String>comparingInt(other -> distance(name, other))
                        .thenComparing(Comparator.naturalOrder()))
                .orElseThrow();
    }

    /** How many letters must be put in, left out or changed (Levenshtein, 1965). */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }
}
