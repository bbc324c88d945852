package io.github.sparkbatchnorm.jobs.state;

import io.github.sparkbatchnorm.io.FormatOptions;
import io.github.sparkbatchnorm.io.StateFormat;
import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code state export}: writes a state in the format of another framework. */
@Command(
        name = "export",
        description = {
            "Writes a state in the format of another framework.",
            "safetensors and npz have PyTorch's keys; sklearn is JSON of StandardScaler's attributes; onnx is a model of"
                    + " evaluation. Files are local."
        },
        sortOptions = false,
        customSynopsis = {
            "jobs/batchnorm state export FILE --format safetensors|npz|sklearn|onnx --out FILE",
            "           [--prefix P] [--dtype float32|float64] [--overwrite]"
        },
        footer = {
            "%nExamples:",
            "  jobs/batchnorm state export state.json --format safetensors --prefix layer1.bn --out bn.safetensors",
            "  jobs/batchnorm state export state.json --format onnx --dtype float64 --out bn.onnx"
        })
final class ExportCommand extends StateFileCommand {
    @Parameters(paramLabel = "FILE", description = "A state file with running statistics.")
    String file = "";

    @Option(order = 1, names = "--format", paramLabel = "NAME", required = true, description = "The format.")
    StateFormat format = StateFormat.SAFETENSORS;

    @Option(order = 2, names = "--out", paramLabel = "FILE", required = true, description = "Where it is written.")
    String out = "";

    @Option(
            order = 3,
            names = "--prefix",
            paramLabel = "P",
            description = "What stands before the keys of safetensors and npz, without the dot. Default: nothing.")
    @Nullable
    String prefix;

    @Option(
            order = 4,
            names = "--dtype",
            paramLabel = "TYPE",
            description = "float32 (default), which says what it rounds, or float64. Not with sklearn.")
    @Nullable
    Dtype dtype;

    @Option(order = 82, names = "--overwrite", description = "Replace a file that exists. A link is followed.")
    boolean overwrite;

    ExportCommand(Console console) {
        super(console);
    }

    @Override
    protected void run() {
        if (out.equals("-")) {
            throw new UsageException("--out is -; give a file, since the format is not text");
        }
        boolean hasKeys = format == StateFormat.SAFETENSORS || format == StateFormat.NPZ;
        if (prefix != null && !hasKeys) {
            throw new UsageException("--prefix stands before keys, which only safetensors and npz have; leave it away");
        }
        if (dtype != null && format == StateFormat.SKLEARN) {
            throw new UsageException("--dtype goes with the other formats: sklearn's numbers are exact; leave it away");
        }
        BatchNormState state = read(file);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        List<String> rounded = written(state, content);
        publish("--out", out, overwrite, Map.of("the state itself", file), content::writeTo);
        if (!rounded.isEmpty()) {
            console.warning("float32 rounds " + String.join(", ", rounded) + "; --dtype float64 has the exact values");
        }
        if (state.hasRunningMeanLow()) {
            console.warning("the running means are rounded to one number each, as the format has them");
        }
    }

    private List<String> written(BatchNormState state, ByteArrayOutputStream content) {
        FormatOptions options = FormatOptions.DEFAULT;
        options = prefix == null ? options : options.withPrefix(prefix);
        options = dtype == null ? options : options.withDtype(dtype);
        Provenance from = state.provenance().orElse(null);
        if (from != null) {
            SampleShape shape = from.shape();
            options = shape == null ? options : options.withSpatialAxes(shape.rank() - 1);
            long[] count = from.count();
            boolean isOne = Arrays.stream(count).allMatch(n -> n == count[0]);
            options = isOne ? options.withSampleCount(count[0]) : options;
        }
        try {
            return format.write(state, content, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the stream is memory
        }
    }
}
