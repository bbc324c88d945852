package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.regression.audit.ExactGroups.Group;
import io.github.sparkbatchnorm.spark.shims.OperatorRecorder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Asks the engine of a session for aggregates whose exact values are known.
 *
 * <p>Every question is asked several times: of the rows as they come, and every second time of the same rows in another
 * number of partitions, one more each time. An error in place of an answer is an answer.
 *
 * <p>The answers by group, and the exact ones, are held on the driver, about 1 KB a group and column.
 */
public final class EngineAudit {
    private static final String DESCRIPTION = "spark.job.description";
    /** With it, Spark answers NaN for the sample variance of one value, and NULL without. */
    private static final String LEGACY = "spark.sql.legacy.statisticalAggregate";

    private final SparkSession session;
    private final int runs;

    /**
     * Prepares an audit.
     *
     * @param session as configured, with whatever plugins
     * @param runs how often each question is asked; 2 or more show answers that change
     * @throws IllegalArgumentException if there is no run
     */
    public EngineAudit(SparkSession session, int runs) {
        if (runs < 1) {
            throw new IllegalArgumentException("audit with " + runs + " runs; expected 1 or more");
        }
        this.session = session;
        this.runs = runs;
    }

    /**
     * Asks all questions about data.
     *
     * @param data any; that without a group column is asked about as a whole only
     * @return a line for each column and function: the whole before the groups. One line that says so where rows cannot
     *     be read
     * @throws BatchNormException if a row has no group
     */
    public List<AuditLine> run(List<AuditData> data) {
        SparkContext context = session.sparkContext();
        String before = context.getLocalProperty(DESCRIPTION);
        List<AuditLine> lines = new ArrayList<>();
        try (OperatorRecorder recorder = new OperatorRecorder(session)) {
            for (AuditData one : data) {
                context.setJobDescription("batch norm: audit of " + one.names());
                lines.addAll(lines(one, recorder));
            }
        } finally {
            context.setJobDescription(before);
        }
        return lines;
    }

    private List<AuditLine> lines(AuditData data, OperatorRecorder recorder) {
        List<AuditData> partitionings;
        Map<String, Group> groups;
        try {
            groups = ExactGroups.of(data);
            partitionings = partitionings(data);
        } catch (BatchNormException e) {
            throw e;
        } catch (Exception | LinkageError e) {
            return unread(data, AuditAnswer.failed(e));
        }
        boolean legacy = Boolean.parseBoolean(session.conf().get(LEGACY, "false"));
        Map<String, Group> whole = Map.of(
                ExactGroups.WHOLE, ExactGroups.whole(groups, data.columns().size()));
        List<AuditData> ungrouped =
                partitionings.stream().map(AuditData::withoutGroups).toList();
        List<AuditLine> lines = new ArrayList<>(new DataAudit(ungrouped, whole, legacy, recorder).lines());
        if (data.group() != null) {
            lines.addAll(new DataAudit(partitionings, groups, legacy, recorder).lines());
        }
        return lines;
    }

    private static List<AuditLine> unread(AuditData data, AuditAnswer failed) {
        AuditError error = AuditError.of(failed, AuditAnswer.NULL, false);
        Finding finding = new Finding("", failed, AuditAnswer.NULL, error, 1, List.of());
        return data.columns().stream()
                .map(input ->
                        new AuditLine(input.name(), input.purpose(), input.column(), -1, 0, "rows", finding, null))
                .toList();
    }

    private List<AuditData> partitionings(AuditData data) {
        int partitions = data.rows().javaRDD().getNumPartitions();
        List<AuditData> all = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            // 0, 1, 0, 2, 0, 3, ..
            all.add(run % 2 == 0 ? data : data.withRows(data.rows().repartition(partitions + (run + 1) / 2)));
        }
        return all;
    }
}
