package io.github.sparkbatchnorm.sql.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In each text, ROOT is the folder above the start folder, {@code ROOT/models}. */
class StartFolderTest {
    private static final String SETTING = "spark.sql.catalog.bn.models";

    @TempDir
    private Path folder;

    private Path root;

    @BeforeEach
    void makeFolders() throws IOException {
        root = folder.toRealPath();
        Files.createDirectories(root.resolve("models/sub"));
        Files.createDirectories(root.resolve("models-other"));
        Files.createSymbolicLink(root.resolve("models/out"), root.resolve("models-other"));
        Files.createSymbolicLink(root.resolve("to-models"), root.resolve("models"));
    }

    private String below(String start, String now) {
        return new StartFolder(SETTING, text(start), new Configuration()).below(text(now));
    }

    private String text(String folder) {
        return folder.replace("ROOT", root.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ROOT/models/sub",
                "ROOT/models/sub/",
                "ROOT//models/./sub",
                "ROOT/models/../models/sub",
                "ROOT/models/sub/deeper/..",
                "ROOT/models/out/../sub",
                "ROOT/to-models/sub",
                "file:ROOT/models/sub",
                "file://ROOT/models/sub",
                "FILE:ROOT/models/sub",
            })
    void aFolderBelowIsResolved(String now) {
        for (String start : new String[] {"ROOT/models", "file:ROOT/models/", "ROOT/to-models"}) {
            assertThat(below(start, now)).isEqualTo("file:" + root + "/models/sub");
        }
    }

    @Test
    void theStartFolderAndNoFolderStayWhatTheyAre() {
        assertThat(below("ROOT/to-models", "ROOT/to-models")).isEqualTo(root + "/to-models");
        assertThat(below("ROOT/models", "")).isEmpty();
        assertThat(below("/", "ROOT")).isEqualTo("file:" + root);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ROOT",
                "/",
                "ROOT/models-other",
                "ROOT/models/../models-other",
                "ROOT/models/sub/../../models-other",
                "ROOT/models/../../../../../../../../etc",
                "ROOT/models/out",
                "ROOT/models/out/deeper",
                "file:ROOT/models-other",
                "file:///etc",
                "FILE:/etc",
                "file://elsewhereROOT/models/sub",
                "hdfs://elsewhere:1/ROOT/models/sub",
                "nonsense://elsewhere/ROOT/models/sub",
                "file:models",
                ":",
            })
    void anyOtherFolderIsRefused(String now) {
        for (String start : new String[] {"ROOT/models", "file:ROOT/models", "ROOT/to-models/"}) {
            assertThatThrownBy(() -> below(start, now))
                    .isExactlyInstanceOf(BatchNormException.class)
                    .hasMessage(SETTING + " is '" + text(now)
                            + "', and spark.batchnorm.paths is models; expected the folder that was set when Spark"
                            + " started, or one below it");
        }
    }

    @Test
    void withoutAStartFolderThereIsNone() {
        assertThatThrownBy(() -> below("", "ROOT/models"))
                .isExactlyInstanceOf(BatchNormException.class)
                .hasMessage(SETTING + " is '" + root + "/models', and spark.batchnorm.paths is models; expected no"
                        + " folder, since none was set when Spark started");
    }
}
