package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged job through the launcher: the same bits on one thread, on two, and on two executor JVMs. */
class ClusterIT {
    private static final Path EXAMPLES = Launcher.PROJECT.resolve("jobs/examples");
    private static final List<String> MASTERS = List.of("local[1]", "local[2]", "local-cluster[2,1,1024]");

    @TempDir
    private Path folder;

    private Launcher.Result run(String master, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "--master",
                master,
                "--conf",
                "spark.kryo.registrationRequired=true",
                "--conf", // many partitions of a small file
                "spark.sql.files.maxPartitionBytes=" + (master.equals("local[2]") ? 20_000 : 60_000),
                "--conf",
                "spark.ui.enabled=false"));
        all.addAll(List.of(arguments));
        return Launcher.in(folder).run(all.toArray(String[]::new));
    }

    private static String digest(Launcher.Result result) {
        assertThat(result.exit()).as(result.err()).isZero();
        return result.out()
                .lines()
                .filter(line -> line.startsWith("digest: "))
                .findFirst()
                .orElseThrow();
    }

    private List<String> rows(String output) throws IOException {
        List<String> rows = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder.resolve(output))) {
            for (Path file : files.filter(f -> f.getFileName().toString().startsWith("part-"))
                    .toList()) {
                rows.addAll(Files.readAllLines(file));
            }
        }
        rows.sort(null);
        return rows;
    }

    @Test
    @Tag("full")
    void trainingAndEvaluationGiveTheSameBitsOnEveryMaster() throws Exception {
        String digest = null;
        for (String master : MASTERS) {
            String name = master.replaceAll("\\W", "_");
            Launcher.Result trained = run(
                    master,
                    "normalize",
                    "--mode",
                    "train",
                    "--input",
                    EXAMPLES.resolve("digits.jsonl").toString(),
                    "--column",
                    "x",
                    "--batch-column",
                    "label",
                    "--output",
                    name,
                    "--state-out",
                    name + ".json");
            digest = digest == null ? digest(trained) : digest;
            assertThat(digest(trained)).as(master).isEqualTo(digest);
            assertThat(Files.readString(folder.resolve(name + ".json")))
                    .as(master)
                    .isEqualTo(Files.readString(folder.resolve("local_1_.json")));
            assertThat(rows(name)).as(master).hasSize(1797).isEqualTo(rows("local_1_"));
        }
        for (String master : List.of("local[2]", "local-cluster[2,1,1024]")) {
            Launcher.Result evaluated = run(
                    master,
                    "normalize",
                    "--mode",
                    "eval",
                    "--input",
                    EXAMPLES.resolve("digits.jsonl").toString(),
                    "--column",
                    "x",
                    "--state-in",
                    "local_1_.json",
                    "--output",
                    "eval" + master.length());
            assertThat(evaluated.exit()).as(evaluated.err()).isZero();
        }
        assertThat(rows("eval8")).hasSize(1797).isEqualTo(rows("eval23"));
    }

    @Test
    @Tag("full")
    void gradientsHaveTheSameBitsOnExecutors() throws Exception {
        for (String master : List.of("local[1]", "local-cluster[2,1,1024]")) {
            String name = "gradients" + master.replaceAll("\\W", "_");
            Launcher.Result run = run(
                    master,
                    "backward",
                    "--mode",
                    "train",
                    "--input",
                    EXAMPLES.resolve("wine.csv").toString(),
                    "--columns",
                    "alcohol,ash",
                    "--grad-columns",
                    "hue,proline",
                    "--batch-column",
                    "cultivar",
                    "--output",
                    name,
                    "--gradients",
                    name + ".json");
            assertThat(run.exit()).as(run.err()).isZero();
            assertThat(Files.readString(folder.resolve(name + ".json")))
                    .as(master)
                    .startsWith("{\"batches\":[{\"batch\":0,\"weight\":[")
                    .isEqualTo(Files.readString(folder.resolve("gradientslocal_1_.json")));
            assertThat(rows(name)).as(master).hasSizeGreaterThan(178).isEqualTo(rows("gradientslocal_1_"));
        }
    }

    @Test
    void badRowOfTrainingIsOneLineAndNoOutput() throws Exception {
        assertRefused("normalize", "--mode", "train");
    }

    @Test
    @Tag("full")
    void badRowOfEvaluationIsOneLineAndNoOutput() throws Exception {
        assertRefused("normalize", "--mode", "eval", "--state-in", "state.json");
    }

    /** Runs a command on a bad row, which an executor finds. */
    private void assertRefused(String... command) throws Exception {
        Files.writeString(folder.resolve("bad.jsonl"), "{\"x\":[1,2]}\n{\"x\":[1,null]}\n".repeat(50));
        Files.writeString(
                folder.resolve("state.json"),
                """
                {"format":"spark-batchnorm-state","version":1,"num_features":2,"eps":1e-5,"momentum":0.1,"affine":false,
                "track_running_stats":true,"weight":null,"bias":null,"running_mean":[0,0],"running_var":[1,1],
                "num_batches_tracked":1}
                """);
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("--input", "bad.jsonl", "--column", "x", "--output", "out"));
        Launcher.Result failed = run("local-cluster[2,1,1024]", arguments.toArray(String[]::new));
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.errorLines()).hasSize(1);
        assertThat(failed.errorLines().get(0)).startsWith("error: column x: null element in ");
        assertThat(failed.err().lines()).noneMatch(line -> line.stripLeading().startsWith("at "));
        assertThat(failed.err()).doesNotContain("Caused by");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("bad.jsonl", "state.json");
        }
    }
}
