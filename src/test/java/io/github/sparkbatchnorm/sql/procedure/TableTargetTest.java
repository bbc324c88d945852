package io.github.sparkbatchnorm.sql.procedure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A failure at any step of writing a table of another catalog than Spark's leaves the old one, or says where it is, in
 * one line.
 */
@Tag("full")
final class TableTargetTest extends ProcedureTesting {
    private static final long serialVersionUID = 1L;

    @BeforeEach
    void makeTables() {
        MemoryCatalog.register(spark());
        for (String table : List.of("proc_renaming.proc_out", "proc_staging.proc_out")) {
            spark().sql("CREATE TABLE " + table + " AS SELECT 'old' AS old");
        }
        spark().sql("CREATE OR REPLACE TEMPORARY VIEW half AS SELECT id, x,"
                + " if(id = 19, raise_error('stop'), '') AS boom FROM t");
    }

    @AfterEach
    void letStepsSucceed() {
        MemoryCatalog.failBefore(step -> {});
    }

    private static String normalize(String view, String table) {
        return "CALL PROC.normalize('" + view + "', 'train', 'x', output_table => '" + table
                + "', state_out => 's', overwrite => true)";
    }

    private MemoryCatalog catalog(String name) {
        return MemoryCatalog.of(spark(), name);
    }

    /** The columns of a table, which tell the old one from the new one. */
    private List<String> columns(String catalog, String table) {
        return catalog(catalog).tables.get(table).columnNames();
    }

    private List<String> tables(String catalog) {
        return catalog(catalog).names();
    }

    private void assertOldTableOnly(String catalog) throws IOException {
        assertThat(tables(catalog)).containsExactly("proc_out");
        assertThat(columns(catalog, "proc_out")).containsExactly("old");
        assertThat(files("models")).isEmpty();
    }

    private void assertNewTableOnly(String catalog) {
        assertThat(tables(catalog)).containsExactly("proc_out");
        assertThat(columns(catalog, "proc_out")).contains("id", "x_normalized");
    }

    private static String in(String catalog) {
        return catalog + ".proc_out";
    }

    @ParameterizedTest
    @ValueSource(strings = {"proc_renaming", "proc_staging"})
    void aTableIsReplacedWhole(String catalog) throws IOException {
        rows(normalize("t", in(catalog)));
        assertNewTableOnly(catalog);
        assertThat(files("models")).containsExactly("s.json");
        assertThat(catalog(catalog).tables.get("proc_out").rows()).hasSize(20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"proc_renaming", "proc_staging"})
    void rowsThatFailHalfWayLeaveTheOldTable(String catalog) throws IOException {
        fails(
                normalize("half", in(catalog)),
                "normalize: output_table " + in(catalog) + " cannot be written: ",
                "stop");
        assertOldTableOnly(catalog);
    }

    @ParameterizedTest
    @ValueSource(strings = {"proc_renaming", "proc_staging"})
    void rowsThatFailHalfWayLeaveNoNewTable(String catalog) {
        fails(
                normalize("half", catalog + ".proc_new"),
                "output_table " + catalog + ".proc_new cannot be written: ",
                "stop");
        assertThat(tables(catalog)).containsExactly("proc_out");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "proc_renaming | create proc_out_batchnorm_ | cannot be written: no such luck",
                "proc_renaming | rename proc_out proc_out_batchnorm_ | cannot be replaced: no such luck; nothing was changed",
                "proc_renaming | rename proc_out_batchnorm_ | cannot be replaced: no such luck; nothing was changed",
                "proc_staging  | commit proc_out | cannot be written: no such luck",
            })
    void aStepThatFailsOnceLeavesTheOldTable(String catalog, String step, String message) throws IOException {
        boolean[] failed = {false};
        MemoryCatalog.failBefore(found -> {
            if (found.startsWith(step) && !failed[0]) {
                failed[0] = true;
                throw new IllegalStateException("no such luck");
            }
        });
        fails(normalize("t", in(catalog)), "normalize: output_table " + in(catalog) + " " + message);
        assertThat(failed[0]).isTrue();
        assertOldTableOnly(catalog);
    }

    @Test
    void aTableThatCannotBeRenamedBackIsNamed() throws IOException {
        MemoryCatalog.failBefore(step -> {
            if (step.endsWith(" proc_out")) {
                throw new IllegalStateException("no such luck");
            }
        });
        assertThatThrownBy(() -> rows(normalize("t", "proc_renaming.proc_out")))
                .isInstanceOf(BatchNormException.class)
                .hasMessageMatching(
                        "normalize: output_table proc_renaming\\.proc_out cannot be replaced: no such luck; the old"
                                + " table is `proc_renaming`\\.`proc_out_batchnorm_\\w+` now, since it cannot be renamed back"
                                + " \\(no such luck\\)");
        assertThat(tables("proc_renaming")).hasSize(1);
        assertThat(columns("proc_renaming", tables("proc_renaming").get(0))).containsExactly("old");
        assertThat(files("models")).isEmpty();
    }

    @Test
    void aCatalogThatDoesNotRenameKeepsTheOldTable() throws IOException {
        MemoryCatalog.failBefore(step -> {
            if (step.startsWith("rename")) {
                throw new UnsupportedOperationException("no renaming here");
            }
        });
        fails(
                normalize("t", "proc_renaming.proc_out"),
                "output_table proc_renaming.proc_out cannot be replaced: no renaming here; nothing was changed");
        assertOldTableOnly("proc_renaming");
        rows(normalize("t", "proc_renaming.proc_new"));
        assertThat(columns("proc_renaming", "proc_new")).contains("x_normalized");
    }

    /** What matters is done then; the log says which table to drop. */
    @Test
    void anOldTableThatCannotBeDroppedIsLeftAside() throws IOException {
        MemoryCatalog.failBefore(step -> {
            if (step.startsWith("drop")) {
                throw new IllegalStateException("no such luck");
            }
        });
        rows(normalize("t", "proc_renaming.proc_out"));
        assertThat(columns("proc_renaming", "proc_out")).contains("x_normalized");
        assertThat(tables("proc_renaming")).hasSize(2).anyMatch(name -> name.startsWith("proc_out_batchnorm_"));
        assertThat(files("models")).containsExactly("s.json");
    }

    /** The second pass finds other rows: whatever the catalog can do, nothing is published. */
    @ParameterizedTest
    @ValueSource(strings = {"proc_renaming", "proc_staging"})
    void rowsThatDifferFromThoseOfTheStatisticsLeaveTheOldTable(String catalog) throws IOException {
        makeLyingView();
        fails(normalize("lying", in(catalog)), "the second pass over the data found 20 rows, some with other values");
        assertOldTableOnly(catalog);
        fails(normalize("lying", catalog + ".proc_new"), "some with other values");
        assertOldTableOnly(catalog);
        rows(normalize("lying", in(catalog)).replace(", state_out", ", no_guard => true, state_out"));
        assertNewTableOnly(catalog);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "proc_renaming | create proc_out | false | appeared meanwhile; call again to replace it",
                "proc_staging  | commit proc_out | false | cannot be written: table proc_out was made by another writer",
                "proc_staging  | commit proc_out | true  | ",
            })
    void aTableThatAppearsMeanwhileIsReplacedOrLeft(
            String catalog, String step, boolean noGuard, @Nullable String message) {
        Map<String, MemoryCatalog.MemoryTable> tables = catalog(catalog).tables;
        MemoryCatalog.MemoryTable other = Objects.requireNonNull(tables.remove("proc_out"));
        MemoryCatalog.failBefore(found -> {
            if (found.equals(step)) {
                tables.put("proc_out", other);
            }
        });
        if (message == null) {
            rows(normalize("t", in(catalog)).replace(", state_out", ", no_guard => " + noGuard + ", state_out"));
            assertNewTableOnly(catalog);
        } else {
            fails(normalize("t", in(catalog)), "output_table " + in(catalog) + " " + message);
            assertThat(tables).containsExactly(Map.entry("proc_out", other));
        }

        tables.remove("proc_out");
        fails(
                normalize("t", in(catalog)).replace(", state_out => 's', overwrite => true", ""),
                "output_table " + in(catalog),
                catalog.equals("proc_staging") ? "proc_out was made by another writer" : "exists; give another name");
        assertThat(tables).containsExactly(Map.entry("proc_out", other));
    }
}
