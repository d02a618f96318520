package dev.martlet.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Where a setting comes from that is not given as a flag: the environment, where {@code --ctx-size} is
 * {@code MARTLET_CTX_SIZE}, else the file of {@code --config}, where it is {@code ctx-size}; else it has its default.
 */
final class Settings implements IDefaultValueProvider {
    private static final String CONFIG = "--config";
    private static final Set<String> NO_SETTINGS = Set.of("--help", "--version", CONFIG);
    private static final Set<String> YES = Set.of("true", "yes", "on");

    private final Function<String, String> environment;
    private final Optional<ConfigFile> file;

    private Settings(Function<String, String> environment, Optional<ConfigFile> file) {
        this.environment = environment;
        this.file = file;
    }

    /**
     * For a command line, which names the file, if the environment does not.
     *
     * @param environment gives a variable's value, or null
     * @throws CommandFailure if the file cannot be read
     */
    static Settings of(Function<String, String> environment, List<String> args) {
        Optional<String> path = flag(args).or(() -> Optional.ofNullable(environment.apply(variable(CONFIG))));
        return new Settings(
                environment, path.filter(text -> !text.isBlank()).map(Path::of).map(ConfigFile::read));
    }

    /** The flag's value; read before all others, since the file gives their defaults. */
    private static Optional<String> flag(List<String> args) {
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i).equals(CONFIG) && i + 1 < args.size()) {
                return Optional.of(args.get(i + 1));
            }
            if (args.get(i).startsWith(CONFIG + "=")) {
                return Optional.of(args.get(i).substring(CONFIG.length() + 1));
            }
        }
        return Optional.empty();
    }

    /** @throws CommandFailure if the file has a setting that is none of the command's, or a list for one value */
    void check(CommandSpec command) {
        List<OptionSpec> settings = command.options().stream()
                .filter(option -> !NO_SETTINGS.contains(option.longestName()))
                .toList();
        file.ifPresent(config -> {
            config.check(settings.stream().map(Settings::key).collect(Collectors.toSet()));
            for (OptionSpec setting : settings) {
                ConfigFile.Entry entry = config.entries().get(key(setting));
                if (entry != null && entry.list() && !setting.isMultiValue()) {
                    throw new CommandFailure(
                            config.place(entry) + ": " + key(setting) + " takes one value, not a list");
                }
            }
        });
    }

    @Override
    public String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option) || !option.longestName().startsWith("--")) {
            return null;
        }
        String variable = environment.apply(variable(option.longestName()));
        if (variable != null) {
            return variable;
        }
        return entry(option)
                .map(entry ->
                        isFlag(option) && YES.contains(entry.value().toLowerCase(Locale.ROOT)) ? "true" : entry.value())
                .orElse(null);
    }

    /** YAML has more words for yes and no than Java. */
    private static boolean isFlag(OptionSpec option) {
        return option.arity().max() == 0;
    }

    private Optional<ConfigFile.Entry> entry(OptionSpec option) {
        return file.flatMap(config -> Optional.ofNullable(config.entries().get(key(option))));
    }

    /** Where the value of an option comes from that these arguments do not give: the variable, or file and line. */
    Optional<String> origin(OptionSpec option, String[] args) {
        boolean given = Arrays.stream(args)
                .anyMatch(arg ->
                        Arrays.stream(option.names()).anyMatch(name -> arg.equals(name) || arg.startsWith(name + "=")));
        if (given) {
            return Optional.empty();
        }
        String variable = variable(option.longestName());
        return environment.apply(variable) != null
                ? Optional.of(variable)
                : entry(option).map(entry -> file.orElseThrow().place(entry));
    }

    /** The name of an option in the environment. */
    static String variable(String option) {
        return "MARTLET_" + option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
    }

    private static String key(OptionSpec option) {
        return option.longestName().substring(2);
    }
}
