package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.bench.BenchCommand;
import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.jobs.console.ProcessEnd;
import io.github.sparkbatchnorm.jobs.state.StateCommand;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * The command line: {@code jobs/batchnorm COMMAND [options]}.
 *
 * <p>Exit code 0: done. 1: the job failed, and no output and no state has changed. 2: the options are wrong. 130 and
 * 143: SIGINT and SIGTERM ended the run. A failure is one line on standard error that starts with {@code error: }.
 */
@Command(
        name = "jobs/batchnorm",
        customSynopsis = "jobs/batchnorm [spark-submit options] COMMAND [options]",
        versionProvider = Main.Version.class,
        description = "Synchronized batch normalization on Apache Spark.",
        footerHeading = "%n",
        footer = {
            "What stands before the command goes to spark-submit: --master, --conf, --packages, ...",
            "With a local master the heap is half of the memory, unless --driver-memory says otherwise.",
            "",
            "Examples:",
            "  jobs/batchnorm normalize --mode train --input jobs/examples/wine.csv \\",
            "      --columns alcohol,ash,proline --output target/wine --state-out target/wine.json",
            "  jobs/batchnorm stats --help",
            "  jobs/batchnorm --master spark://host:7077 --executor-memory 4g stats \\",
            "      --input hdfs:///images --column x",
        })
public final class Main {
    private static final int HELP_WIDTH = 100;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    boolean version;

    private Main() {}

    /**
     * Runs a command and ends the JVM with its exit code.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        Console console = new Console(System.out, System.err);
        ProcessEnd.watch(console, List.of(args).contains("--verbose"));
        // Something else may have ended the run meanwhile: its exit code counts.
        console.end().claim(run(args, console));
        System.exit(console.end().exit());
    }

    /**
     * Runs a command, in the active Spark session if there is one.
     *
     * @param args the command and its options
     * @param out takes results
     * @param err takes everything else
     * @return the exit code
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return run(args, new Console(out, err));
    }

    private static int run(String[] args, Console console) {
        CommandLine commandLine = new CommandLine(new Main())
                .addSubcommand(new StatsCommand(console))
                .addSubcommand(new FitCommand(console))
                .addSubcommand(new NormalizeCommand(console))
                .addSubcommand(new BackwardCommand(console))
                .addSubcommand(StateCommand.of(console))
                .addSubcommand(new GenerateCommand(console))
                .addSubcommand(
                        new RegressCommand(console, (words, out, err) -> run(words.toArray(String[]::new), out, err)))
                .addSubcommand(new RecoverCommand(console))
                .addSubcommand(new ExampleCommand(console))
                .addSubcommand(new BenchCommand(console));
        ChoiceConverter.registerAll(commandLine);
        commandLine
                .setUsageHelpWidth(HELP_WIDTH)
                .setUsageHelpAutoWidth(false)
                .setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8))
                .setParameterExceptionHandler((e, arguments) -> usageError(e, console));
        if (args.length == 0) {
            console.error(
                    ExitCode.USAGE,
                    "no command; expected one of " + commands(commandLine) + "; see 'jobs/batchnorm --help'");
            return ExitCode.USAGE;
        }
        return commandLine.execute(args);
    }

    private static int usageError(ParameterException e, Console console) {
        CommandLine command = e.getCommandLine();
        String expected = command.getSubcommands().isEmpty() ? "" : "; the commands are " + commands(command);
        console.error(
                ExitCode.USAGE,
                ErrorLine.usage(e) + expected + "; see '"
                        + command.getCommandSpec().qualifiedName() + " --help'");
        return ExitCode.USAGE;
    }

    /** The version of the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"spark-batchnorm " + (version == null ? "(not packaged)" : version)};
        }
    }

    private static String commands(CommandLine commandLine) {
        return String.join(", ", commandLine.getSubcommands().keySet());
    }
}
