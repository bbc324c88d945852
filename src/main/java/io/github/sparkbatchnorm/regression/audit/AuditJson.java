package io.github.sparkbatchnorm.regression.audit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An audit as JSON.
 *
 * <pre>{@code
 * [{"data":"1e16, 1e16+2","purpose":"..","column":"x","rows":2,"groups":0,"function":"var_pop",
 *   "engine":{"group":"","found":1.0,"exact":1.0,"ulps":0,"different_answers":1,"operators":["HashAggregate",..]},
 *   "ours":{"group":"","found":1.0,"exact":1.0,"ulps":0,"different_answers":1,"operators":[]}},..]
 * }</pre>
 *
 * Words stand where an answer or an error is one, as strings; {@code ours} is null where this library has no such
 * number.
 */
public final class AuditJson {
    private AuditJson() {}

    /**
     * {@return one object for each line}
     *
     * @param lines of an audit
     */
    public static ArrayNode of(List<AuditLine> lines) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (AuditLine line : lines) {
            ObjectNode node = array.addObject();
            node.put("data", line.data())
                    .put("purpose", line.purpose())
                    .put("column", line.column())
                    .put("rows", line.rows())
                    .put("groups", line.groups())
                    .put("function", line.function());
            put(node, "engine", line.engine());
            put(node, "ours", line.ours());
        }
        return array;
    }

    private static void put(ObjectNode node, String key, @Nullable Finding finding) {
        if (finding == null) {
            node.putNull(key);
            return;
        }
        ObjectNode object = node.putObject(key);
        object.put("group", finding.group());
        put(object, "found", finding.found());
        put(object, "exact", finding.exact());
        if (finding.error().word().isEmpty()) {
            object.put("ulps", finding.error().ulps());
        } else {
            object.put("ulps", finding.error().word());
        }
        object.put("different_answers", finding.differentAnswers());
        finding.operators().forEach(object.putArray("operators")::add);
    }

    private static void put(ObjectNode object, String key, AuditAnswer answer) {
        if (answer.isNumber()) {
            object.put(key, answer.number());
        } else {
            object.put(key, answer.word());
        }
    }
}
