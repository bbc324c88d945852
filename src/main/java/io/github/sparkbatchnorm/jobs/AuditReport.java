package io.github.sparkbatchnorm.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.sparkbatchnorm.jobs.console.TextTable;
import io.github.sparkbatchnorm.regression.Check;
import io.github.sparkbatchnorm.regression.Check.Status;
import io.github.sparkbatchnorm.regression.OwnCase;
import io.github.sparkbatchnorm.regression.audit.AuditCases;
import io.github.sparkbatchnorm.regression.audit.AuditData;
import io.github.sparkbatchnorm.regression.audit.AuditJson;
import io.github.sparkbatchnorm.regression.audit.AuditLine;
import io.github.sparkbatchnorm.regression.audit.AuditTable;
import io.github.sparkbatchnorm.regression.audit.EngineAudit;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * What an audit of the engine found.
 *
 * @param lines of the audit
 */
record AuditReport(List<AuditLine> lines) {
    private static final int RUNS = 4;

    /**
     * Asks the engine.
     *
     * @param own the user's data, of whose channel columns those of floats and doubles are asked about, too; null for
     *     none
     * @param folder for the data of the fixed cases; the caller deletes it
     */
    static AuditReport of(SparkSession session, @Nullable OwnCase own, Path folder) {
        List<AuditData> data = new ArrayList<>();
        data.add(AuditCases.in(session, new Path(folder, "audit").toString()));
        if (own != null && own.options().isChannelPerColumn()) {
            List<AuditData.Input> inputs = own.options().columns().stream()
                    .filter(name -> isFractional(own.tensor().data(), name))
                    .map(name -> new AuditData.Input(name, name, "a channel of the input"))
                    .toList();
            if (!inputs.isEmpty()) {
                data.add(new AuditData(own.tensor().data(), inputs, null));
            }
        }
        return new AuditReport(new EngineAudit(session, RUNS).run(data));
    }

    private static boolean isFractional(Dataset<Row> data, String name) {
        DataType type = data.select(name).schema().fields()[0].dataType();
        return type.equals(DataTypes.FloatType) || type.equals(DataTypes.DoubleType);
    }

    /** The answers that are not exact or change, and the operators that ran. */
    String table() {
        List<AuditLine> notable = AuditTable.notable(lines);
        String operators = String.join("\n", AuditTable.operators(lines));
        return TextTable.of(AuditTable.HEADERS, AuditTable.TEXT_COLUMNS, AuditTable.rows(notable)) + "\n" + operators;
    }

    JsonNode json() {
        return AuditJson.of(lines);
    }

    /**
     * The audit as a check.
     *
     * @param maxUlps how far answers of the engine may be from the exact ones; null for any distance
     */
    Check check(@Nullable Long maxUlps) {
        List<AuditLine> failed = maxUlps == null
                ? lines.stream().filter(line -> !line.isOursExact()).toList()
                : AuditLine.exceeding(lines, maxUlps);
        long inexact = lines.stream().filter(line -> !line.engine().isExact()).count();
        long changing = lines.stream()
                .filter(line -> line.engine().differentAnswers() > 1)
                .count();
        String found = lines.size() + " answers of the engine, " + inexact + " not exact, " + changing + " that change";
        List<String> names = failed.stream().map(AuditLine::describe).limit(5).toList();
        return new Check(
                "audit",
                failed.isEmpty() ? Status.OK : Status.FAILED,
                failed.isEmpty() ? found : found + "; " + failed.size() + " too far: " + String.join(", ", names),
                "those of this library exact"
                        + (maxUlps == null ? "" : ", those of the engine within " + maxUlps + " ulps"));
    }
}
