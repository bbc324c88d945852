package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.layer.BatchNormException;
import org.apache.spark.SparkThrowable;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.MLReader;

/**
 * Loads a saved stage of one class. Whatever is wrong with it is one error that names the path.
 *
 * @param <T> the class of the stage
 */
abstract class StageReader<T> extends MLReader<T> {
    private final Class<T> type;

    StageReader(Class<T> type) {
        this.type = type;
    }

    /** The stage, with the params that were saved. */
    abstract T stage(DefaultParamsReader.Metadata saved) throws Exception;

    /** @throws BatchNormException if there is no stage of this class, or it is damaged */
    @Override
    public final T load(String path) {
        try {
            DefaultParamsReader.Metadata saved = DefaultParamsReader.loadMetadata(path, sparkSession(), "");
            if (!saved.className().equals(type.getName())) {
                throw new OtherClass(saved.className());
            }
            return stage(saved);
        } catch (OtherClass e) {
            throw new BatchNormException(unreadable(path) + "it is a saved " + e.getMessage() + "; expected "
                    + type.getName() + ": load it with " + e.simpleName() + ".load, or give another path");
        } catch (Exception e) { // Spark throws exceptions that the compiler does not know of
            throw new BatchNormException(
                    unreadable(path) + reason(e) + "; expected a folder that its save or write wrote", e);
        }
    }

    private static String reason(Exception e) {
        return e instanceof SparkThrowable spark && "PATH_NOT_FOUND".equals(spark.getCondition())
                ? "there is no folder of that name with metadata in it"
                : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private String unreadable(String path) {
        return path + " cannot be read as a " + type.getSimpleName() + ": ";
    }

    /** What was saved is of a class of its own. */
    private static final class OtherClass extends Exception {
        private static final long serialVersionUID = 1L;

        OtherClass(String name) {
            super(name);
        }

        String simpleName() {
            String name = String.valueOf(getMessage());
            return name.substring(name.lastIndexOf('.') + 1);
        }
    }
}
