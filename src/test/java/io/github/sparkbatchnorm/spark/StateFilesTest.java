package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.jobs.FaultyFileSystem;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** State files on the local file system, and on one that fails and cannot replace a file. */
final class StateFilesTest {
    private static final BatchNormState OLD = BatchNormState.initial(1, BatchNormConfig.DEFAULT);
    private static final BatchNormState NEW = BatchNormState.initial(2, BatchNormConfig.DEFAULT);

    @TempDir
    Path folder;

    private List<String> names(Path of) throws IOException {
        try (var files = Files.list(of)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aStateIsReplacedAndNothingElseIsLeft() throws IOException {
        Configuration hadoop = new Configuration();
        String place = folder.resolve("new/state.json").toString();
        StateFiles.write(OLD, place, hadoop);
        assertThat(StateFiles.read(place, hadoop)).isEqualTo(OLD);
        StateFiles.write(NEW, "file:" + place, hadoop);
        assertThat(StateFiles.read(place, hadoop)).isEqualTo(NEW);
        assertThat(names(folder.resolve("new"))).containsExactly("state.json");
    }

    @Test
    void aReaderAlwaysFindsAStateWhileItIsReplaced() throws Exception {
        Configuration hadoop = new Configuration();
        Path file = folder.resolve("state.json");
        StateFiles.write(OLD, file.toString(), hadoop);
        AtomicBoolean end = new AtomicBoolean();
        CompletableFuture<Integer> missing = CompletableFuture.supplyAsync(() -> {
            int count = 0;
            while (!end.get()) {
                count += Files.exists(file) ? 0 : 1;
            }
            return count;
        });
        for (int i = 0; i < 300; i++) {
            StateFiles.write(NEW, file.toString(), hadoop);
        }
        end.set(true);
        assertThat(missing.get()).isZero();
    }

    @Test
    void checksumsOfAnOldStateAreNotThoseOfTheNew() throws IOException {
        Configuration hadoop = new Configuration();
        org.apache.hadoop.fs.Path place =
                new org.apache.hadoop.fs.Path(folder.resolve("state.json").toString());
        FileSystem checked = FileSystem.getLocal(hadoop);
        checked.create(place).close();
        assertThat(names(folder)).contains(".state.json.crc");
        StateFiles.write(NEW, place.toString(), hadoop);
        try (var in = checked.open(place)) {
            assertThat(in.readAllBytes()).isNotEmpty();
        }
    }

    @Test
    void whatIsNoStateIsRefusedByName() throws IOException {
        Configuration hadoop = new Configuration();
        assertThatThrownBy(() -> StateFiles.read(folder.resolve("none").toString(), hadoop))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessage(folder.resolve("none") + ": no such file; expected a state file of spark-batchnorm");
        assertThatThrownBy(() -> StateFiles.read(folder.toString(), hadoop))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessage(folder + " is a folder; expected a state file of spark-batchnorm");
        String text = Files.writeString(folder.resolve("text"), "no state").toString();
        assertThatThrownBy(() -> StateFiles.read(text, hadoop))
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith(text + ": not JSON");
        assertThatThrownBy(() -> StateFiles.write(OLD, folder.toString(), hadoop))
                .isInstanceOf(IOException.class)
                .hasMessage(folder + " is a folder; expected a file, or nothing");
        assertThat(names(folder.getParent())).noneMatch(name -> name.endsWith(".part"));
    }

    @ParameterizedTest
    @EnumSource(FaultyFileSystem.Fault.class)
    void whicheverChangeFailsTheOldStateStaysOrIsNamed(FaultyFileSystem.Fault fault) throws IOException {
        Configuration hadoop = FaultyFileSystem.configuration();
        boolean reached = true;
        for (int k = 1; reached; k++) {
            Path root = Files.createDirectory(folder.resolve("fault-" + k));
            String place = "faulty:" + root.resolve("state.json");
            StateFiles.write(OLD, place, hadoop);
            FaultyFileSystem.failAt(k, fault);
            String error = null;
            try {
                StateFiles.write(NEW, place, hadoop);
            } catch (IOException e) {
                error = e.getMessage();
            }
            reached = FaultyFileSystem.hasFailed();
            FaultyFileSystem.failAt(0, fault);
            String what = fault + " at change " + k + ", error: " + error;
            if (error != null && error.startsWith("the old file is ")) {
                String named = error.substring("the old file is ".length(), error.indexOf(" now"));
                assertThat(StateFiles.read(named, hadoop)).describedAs(what).isEqualTo(OLD);
            } else {
                assertThat(StateFiles.read(place, hadoop))
                        .describedAs(what)
                        .isIn(error == null ? List.of(NEW) : List.of(OLD, NEW));
            }
        }
    }
}
