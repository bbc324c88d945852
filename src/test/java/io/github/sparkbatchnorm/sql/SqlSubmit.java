package io.github.sparkbatchnorm.sql;

import java.nio.file.Path;
import java.util.List;

/**
 * Runs {@link SqlScript} as a user does, with {@code spark-submit --jars}: the program's jar is the application's, and
 * the library's comes beside it, so that neither is on the class path that Spark itself has.
 */
final class SqlSubmit {
    private final Path folder;
    private final String master;

    /** @param folder for the files of a run */
    SqlSubmit(Path folder, String master) {
        this.folder = folder;
        this.master = master;
    }

    /** What each statement showed. */
    List<String> run(List<String> statements, String... settings) throws Exception {
        SqlProgram program = new SqlProgram(folder);
        List<String> command = SqlProgram.java("2g", SqlProgram.TARGET + "/spark/jars/*");
        command.addAll(List.of(
                "org.apache.spark.deploy.SparkSubmit",
                "--master",
                master,
                "--conf",
                "spark.ui.enabled=false",
                "--conf",
                "spark.sql.warehouse.dir=" + folder.resolve("warehouse")));
        for (String setting : settings) {
            command.addAll(List.of("--conf", setting));
        }
        command.addAll(List.of(
                "--jars",
                SqlProgram.TARGET.resolve("spark-batchnorm.jar").toString(),
                "--class",
                SqlScript.class.getName(),
                program.jar().toString(),
                program.script(statements).toString()));
        return program.results(new ProcessBuilder(command), statements.size());
    }
}
