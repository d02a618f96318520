package dev.martlet.cli;

import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
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
            NativesCommand.class,
            KeysCommand.class,
            DoctorCommand.class
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
        return run(System::getenv, args);
    }

    /** @param environment gives a variable's value, or null */
    static int run(Function<String, String> environment, String... args) {
        try {
            return commandLine(environment, args).execute(args);
        } catch (CommandFailure e) {
            System.err.println("martlet: " + e.getMessage());
            return 1;
        }
    }

    /**
     * A command line for these arguments, which may name a file of settings.
     *
     * @param environment gives a variable's value, or null
     * @throws CommandFailure if that file is wrong
     */
    static CommandLine commandLine(Function<String, String> environment, String... args) {
        boolean serves = args.length > 0 && args[0].equals("serve");
        Settings settings = Settings.of(environment, serves ? List.of(args) : List.of());
        CommandLine command = new CommandLine(new Main())
                .setUsageHelpLongOptionsMaxWidth(LONGEST_OPTION)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setDefaultValueProvider(settings)
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    if (failure instanceof CommandFailure) {
                        System.err.println("martlet: " + failure.getMessage());
                    } else {
                        failure.printStackTrace();
                    }
                    return 1;
                })
                .setParameterExceptionHandler((wrong, given) -> explainUsage(settings, wrong, given));
        if (serves) {
            settings.check(command.getSubcommands().get("serve").getCommandSpec());
        }
        return command;
    }

    private static int explainUsage(Settings settings, ParameterException wrong, String[] args) {
        String origin = wrong.getArgSpec() instanceof OptionSpec option
                ? settings.origin(option, args)
                        .map(place -> " (from " + place + ")")
                        .orElse("")
                : "";
        System.err.println("martlet: " + wrong.getMessage() + origin);
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
