package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the README, one after the other, as they stand there. */
class ReadmeIT {
    private static final Pattern BLOCK = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

    private static List<String> commands() throws Exception {
        List<String> commands = new ArrayList<>();
        Matcher block = BLOCK.matcher(Files.readString(Launcher.PROJECT.resolve("README.md")));
        while (block.find()) {
            commands.add(block.group(1).replace("\\\n", " ").strip());
        }
        return commands;
    }

    @Test
    void commandsDoWhatTheySay(@TempDir Path folder) throws Exception {
        // Outputs go to a folder of the test; what the examples read is the project's.
        Files.createSymbolicLink(folder.resolve("jobs"), Launcher.PROJECT.resolve("jobs"));
        List<String> commands = commands();
        assertThat(commands.get(0)).as("the command that builds").startsWith("jobs/batchnorm normalize ");
        assertThat(commands).as("with the command that runs this test").contains("mvn -B -ntp verify");
        String out = "";
        for (String command : commands) {
            if (command.startsWith("jobs/batchnorm ")) {
                String[] arguments =
                        command.substring("jobs/batchnorm ".length()).split("\\s+");
                Launcher.Result result = Launcher.in(folder).run(arguments);
                assertThat(result.exit()).as("%s: %s", command, result.err()).isZero();
                out += result.out();
            }
        }
        assertThat(folder.resolve("target/quickstart")).isDirectoryContaining("glob:**/wine-state.json");
        assertThat(out).contains("rows: 178", "rows: 1797");

        // Each feature has mean 0 and variance 1, within rounding.
        Launcher.Result second = Launcher.in(folder)
                .run(
                        "stats",
                        "--input",
                        "target/quickstart/wine",
                        "--format",
                        "csv",
                        "--columns",
                        "alcohol,ash,proline",
                        "--json",
                        "stats.json");
        assertThat(second.exit()).as(second.err()).isZero();
        double[][] numbers = numbers(Files.readString(folder.resolve("stats.json")));
        for (int c = 0; c < 3; c++) {
            assertThat(Math.abs(numbers[0][c])).isLessThan(1e-14);
            assertThat(Math.abs(numbers[1][c] - 1)).isLessThan(1e-14);
        }
    }

    /** Means and variances of our JSON. */
    private static double[][] numbers(String json) throws Exception {
        var tree = new ObjectMapper().readTree(json);
        double[][] numbers = new double[2][3];
        for (int c = 0; c < 3; c++) {
            numbers[0][c] = tree.get("mean").get(c).doubleValue();
            numbers[1][c] = tree.get("variance").get(c).doubleValue();
        }
        return numbers;
    }
}
