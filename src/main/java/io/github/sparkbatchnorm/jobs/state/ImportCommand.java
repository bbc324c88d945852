package io.github.sparkbatchnorm.jobs.state;

import io.github.sparkbatchnorm.io.FormatOptions;
import io.github.sparkbatchnorm.io.StateFormat;
import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.StateFiles;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code state import}: makes a state of a file of another framework. */
@Command(
        name = "import",
        description = {
            "Makes a state of a file of another framework.",
            "eps and momentum are no tensors: they are PyTorch's defaults unless given; sklearn has its own. Files are"
                    + " local."
        },
        sortOptions = false,
        customSynopsis = {
            "jobs/batchnorm state import FILE --format safetensors|npz|sklearn --out FILE",
            "           [--prefix P] [--eps X] [--momentum X|none] [--overwrite]",
            "       or jobs/batchnorm state import FILE --format safetensors|npz --list"
        },
        footer = {
            "%nExamples:",
            "  jobs/batchnorm state import model.safetensors --format safetensors --list",
            "  jobs/batchnorm state import model.safetensors --format safetensors --prefix layer1.bn --out state.json"
        })
final class ImportCommand extends StateFileCommand {
    private static final String NONE = "none";

    @Parameters(paramLabel = "FILE", description = "The file of the other framework.")
    String file = "";

    @Option(order = 1, names = "--format", paramLabel = "NAME", required = true, description = "The format.")
    StateFormat format = StateFormat.SAFETENSORS;

    @Option(
            order = 2,
            names = "--out",
            paramLabel = "FILE",
            description = "Where the state is written; - is standard output.")
    @Nullable
    String out;

    @Option(
            order = 3,
            names = "--prefix",
            paramLabel = "P",
            description =
                    "What stands before the keys, without the dot. Default: that of the only batch norm in the file.")
    @Nullable
    String prefix;

    @Option(order = 4, names = "--eps", paramLabel = "X", description = "Added to the variance. Default: 1e-5.")
    @Nullable
    Double eps;

    @Option(
            order = 5,
            names = "--momentum",
            paramLabel = "X|none",
            description = "Weight of a new batch in the running statistics; none: their plain average. Default: 0.1.")
    @Nullable
    String momentum;

    @Option(order = 6, names = "--list", description = "Only list the prefixes of the batch norms in the file.")
    boolean list;

    @Option(order = 82, names = "--overwrite", description = "Replace a file that exists. A link is followed.")
    boolean overwrite;

    ImportCommand(Console console) {
        super(console);
    }

    @Override
    protected void run() {
        FormatOptions options = options();
        byte[] content = content();
        if (list) {
            List<String> prefixes = format.prefixes(content, file);
            prefixes.forEach(each -> console.out().println(each.isEmpty() ? "(no prefix)" : each));
            return;
        }
        BatchNormState state = format.read(content, file, options);
        String target = out;
        if (target != null) {
            publish("--out", target, overwrite, Map.of("the file that is read", file), s -> StateFiles.write(state, s));
        }
    }

    private FormatOptions options() {
        if (format == StateFormat.ONNX) {
            throw new UsageException("--format onnx is written, not read; give safetensors, npz or sklearn");
        }
        if (list ? out != null : out == null) {
            throw new UsageException(
                    list ? "--list writes no state; leave --out away" : "--out is missing; give a file");
        }
        boolean hasKeys = format != StateFormat.SKLEARN;
        if (!hasKeys && (list || prefix != null || eps != null || momentum != null)) {
            throw new UsageException(
                    "--list, --prefix, --eps and --momentum go with safetensors and npz: sklearn says it"
                            + " all; leave them away");
        }
        try {
            FormatOptions options = FormatOptions.DEFAULT;
            options = prefix == null ? options : options.withPrefix(prefix);
            options = eps == null ? options : options.withEps(eps);
            if (momentum == null) {
                return options;
            }
            return momentum.equals(NONE)
                    ? options.withCumulativeAverage()
                    : options.withMomentum(Double.parseDouble(momentum));
        } catch (NumberFormatException e) {
            throw new UsageException("--momentum is '" + momentum + "'; expected a number from 0 to 1, or none");
        } catch (IllegalArgumentException e) {
            throw new UsageException("--" + e.getMessage());
        }
    }

    private byte[] content() {
        checkPath("FILE", file);
        return reading(file, () -> {
            try {
                return Files.readAllBytes(Path.of(file));
            } catch (NoSuchFileException e) {
                throw new BatchNormException(file + " does not exist or is no file; check the path", e);
            } catch (OutOfMemoryError e) {
                throw new BatchNormException(file + " has more bytes than an array holds; expected at most 2 GB", e);
            }
        });
    }
}
