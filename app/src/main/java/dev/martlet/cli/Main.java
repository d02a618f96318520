package dev.martlet.cli;

import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The command line's entry point. */
@Command(
        name = "martlet",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "An OpenAI-compatible LLM server in plain Java.",
        subcommands = {
            ServeCommand.class,
            ParseCommand.class,
            RenderCommand.class,
            GrammarCommand.class,
            ModelsCommand.class,
            KeysCommand.class
        })
public final class Main {
    /** Characters of an option and its value, so that its description begins on the same line. */
    private static final int LONGEST_OPTION = 34;

    private Main() {}

    /** Runs the command and ends the process with its exit code: 0 done, 1 failed, 2 wrong usage. */
    public static void main(String[] args) {
        Logs.configure();
        System.exit(run(args));
    }

    /** Runs the command in this process and returns its exit code. */
    static int run(String... args) {
        return commandLine().execute(args);
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setUsageHelpLongOptionsMaxWidth(LONGEST_OPTION)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setDefaultValueProvider(Main::fromEnvironment)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    if (failure instanceof CommandFailure) {
                        System.err.println("martlet: " + failure.getMessage());
                    } else {
                        failure.printStackTrace();
                    }
                    return 1;
                })
                .setParameterExceptionHandler(Main::explainUsage);
    }

    /** An option not given on the command line is read from the environment: --ctx-size from MARTLET_CTX_SIZE. */
    private static String fromEnvironment(ArgSpec argument) {
        if (argument instanceof OptionSpec option && option.longestName().startsWith("--")) {
            String name = option.longestName().substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
            return System.getenv("MARTLET_" + name);
        }
        return null;
    }

    private static int explainUsage(ParameterException wrong, String[] args) {
        System.err.println("martlet: " + wrong.getMessage());
        System.err.println("try: martlet " + wrong.getCommandLine().getCommandName() + " --help");
        return 2;
    }

    /** The version in the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"martlet " + (version == null ? "(not packaged)" : version)};
        }
    }
}
