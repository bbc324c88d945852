package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The suite quick on executors of their own: green, and with the bits of {@code local[2]}. */
@Tag("full")
final class RegressClusterIT {
    private static final Pattern MASTER = Pattern.compile("--master (spark://127\\.0\\.0\\.1:\\d+)");

    @TempDir
    private Path folder;

    private Launcher.Result regress(String master, String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of(
                "--master",
                master,
                "--conf",
                "spark.kryo.registrationRequired=true",
                "--conf",
                "spark.ui.enabled=false"));
        words.add("regress");
        words.addAll(List.of(options));
        return Launcher.in(folder).run(words.toArray(String[]::new));
    }

    private JsonNode report(String name) throws Exception {
        return new ObjectMapper().readTree(folder.resolve(name).toFile());
    }

    @Test
    void executorsComputeTheBitsOfThisProcess() throws Exception {
        Launcher.Result here = regress("local[2]", "--json", "here.json");
        assertThat(here.exit()).as(here.out() + here.err()).isZero();

        Launcher.Result there = regress(
                "local-cluster[2,1,1024]", "--folder", "work", "--json", "there.json", "--against", "here.json");
        assertThat(there.exit()).as(there.out() + there.err()).isZero();
        assertThat(report("there.json").at("/hosts/reached")).hasSize(2);
        assertThat(report("there.json").at("/environment/executors").asText()).isEqualTo("2");
        assertThat(there.out()).contains("ok against/floats/digests: found 6 digests as before");
        assertThat(folder.resolve("work")).isEmptyDirectory();
    }

    @Test
    void executorsThatEndAmongTheWorkChangeNoBits() throws Exception {
        String[] checks = {"--check", "floats,doubles,hosts", "--folder", "work"};
        Launcher.Result undisturbed = regress("local[2]", concat(checks, "--json", "before.json"));
        assertThat(undisturbed.exit()).as(undisturbed.out() + undisturbed.err()).isZero();
        Launcher.Result run = regress(
                "local-cluster[2,1,1024]",
                concat(checks, "--kill-executors", "3", "--json", "after.json", "--against", "before.json"));
        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assertThat(run.out())
                .containsPattern("ok kill-executors: found 3 ended in the middle of a stage.* replaced;")
                .contains("ok against/floats/digests: ", "ok against/doubles/digests: ")
                .contains("skipped against/floats/bytes: executors were ended");
        assertThat(report("after.json").at("/executors_ended/in_the_middle").asInt())
                .isEqualTo(3);
        assertThat(report("after.json").at("/executors_ended/replaced").asInt())
                .isEqualTo(
                        3 + report("after.json").at("/executors_ended/between").asInt());
    }

    private static String[] concat(String[] words, String... more) {
        return Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void aMasterThatIsNotLocalNeedsAFolder() throws Exception {
        Launcher.Result run = regress("local-cluster[2,1,1024]", "--check", "hosts");
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.errorLines())
                .singleElement()
                .asString()
                .startsWith("error: --folder is not given; name one that all machines of local-cluster[2,1,1024] see");
    }

    @Test
    void aStandaloneClusterIsGreen() throws Exception {
        Launcher cluster = new Launcher(Launcher.PROJECT.resolve("jobs/cluster"), folder);
        Launcher.Result started = cluster.run("start");
        try {
            assertThat(started.exit()).as(started.err()).isZero();
            Matcher master = MASTER.matcher(started.out());
            assertThat(master.find()).as(started.out()).isTrue();
            Launcher.Result run = regress(master.group(1), "--folder", "work", "--json", "standalone.json");
            assertThat(run.exit()).as(run.out() + run.err()).isZero();
            assertThat(report("standalone.json").at("/hosts/reached")).hasSize(2);
            Launcher.Result killed =
                    regress(master.group(1), "--folder", "work", "--check", "floats", "--kill-executors", "2");
            assertThat(killed.exit()).as(killed.out() + killed.err()).isZero();
            assertThat(killed.out()).contains("ok kill-executors: found 2 ended in the middle of a stage");
        } finally {
            cluster.run("stop");
        }
    }
}
