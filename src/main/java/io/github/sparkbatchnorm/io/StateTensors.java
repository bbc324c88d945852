package io.github.sparkbatchnorm.io;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A state as PyTorch's tensors: the {@code state_dict} of a batch norm layer. */
final class StateTensors {
    private static final String WEIGHT = "weight";
    private static final String BIAS = "bias";
    private static final String MEAN = "running_mean";
    private static final String VAR = "running_var";
    private static final String TRACKED = "num_batches_tracked";

    private StateTensors() {}

    /** The tensors of a state with running statistics, in PyTorch's order. */
    static Map<String, Tensor> of(BatchNormState state, FormatOptions options) {
        String prefix = Objects.requireNonNullElse(options.prefix(), "");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        values(state).forEach((key, values) -> tensors.put(name(prefix, key), Tensor.of(values, options.dtype())));
        tensors.put(name(prefix, TRACKED), Tensor.of(state.numBatchesTracked()));
        return tensors;
    }

    private static Map<String, double[]> values(BatchNormState state) {
        Map<String, double[]> values = new LinkedHashMap<>();
        putIfPresent(values, WEIGHT, state.weight());
        putIfPresent(values, BIAS, state.bias());
        putIfPresent(values, MEAN, state.runningMean());
        putIfPresent(values, VAR, state.runningVar());
        return values;
    }

    private static void putIfPresent(Map<String, double[]> map, String key, double @Nullable [] values) {
        if (values != null) {
            map.put(key, values);
        }
    }

    /**
     * The keys that float32 cannot hold exactly.
     *
     * @throws BatchNormException if one has a value that would become an infinity
     */
    static List<String> roundedByFloat32(BatchNormState state) {
        List<String> rounded = new ArrayList<>();
        values(state).forEach((key, values) -> {
            boolean exact = true;
            for (int c = 0; c < values.length; c++) {
                if (Math.abs(values[c]) <= Double.MAX_VALUE && Float.isInfinite((float) values[c])) {
                    throw new BatchNormException(key + "[" + c + "] is " + values[c]
                            + ", beyond the range of float32; expected float64 for this state");
                }
                exact &= Double.compare((float) values[c], values[c]) == 0;
            }
            if (!exact) {
                rounded.add(key);
            }
        });
        return List.copyOf(rounded);
    }

    /** The layers that have a running mean and a running variance. */
    static List<String> prefixes(TensorArchive archive) {
        Set<String> names = archive.names();
        Set<String> prefixes = new TreeSet<>();
        for (String name : names) {
            if (name.equals(MEAN) && names.contains(VAR)) {
                prefixes.add("");
            } else if (name.endsWith("." + MEAN)) {
                String prefix = name.substring(0, name.length() - MEAN.length() - 1);
                if (!prefix.isEmpty() && names.contains(name(prefix, VAR))) {
                    prefixes.add(prefix);
                }
            }
        }
        return List.copyOf(prefixes);
    }

    /**
     * The state of one layer.
     *
     * @throws IllegalArgumentException naming the tensor that does not fit
     */
    static BatchNormState read(TensorArchive archive, FormatOptions options) {
        String prefix = options.prefix() == null ? onlyPrefix(archive) : options.prefix();
        String meanName = name(prefix, MEAN);
        for (String required : List.of(meanName, name(prefix, VAR))) {
            if (!archive.names().contains(required)) {
                throw new IllegalArgumentException("no tensor " + Quoted.text(required) + "; " + found(archive));
            }
        }
        Tensor mean = archive.read(meanName);
        if (mean.shape().length != 1 || mean.shape()[0] < 1) {
            throw misfit(meanName, mean, "[C] with C 1 or more");
        }
        int channels = Math.toIntExact(mean.shape()[0]);
        double @Nullable [] weight = vector(archive, name(prefix, WEIGHT), channels);
        double @Nullable [] bias = vector(archive, name(prefix, BIAS), channels);
        if ((weight == null) != (bias == null)) {
            throw new IllegalArgumentException("of " + Quoted.text(name(prefix, WEIGHT)) + " and "
                    + Quoted.text(name(prefix, BIAS)) + " only one is there; expected both or neither");
        }
        double @Nullable [] runningMean = vector(archive, meanName, channels);
        double @Nullable [] runningVar = vector(archive, name(prefix, VAR), channels);
        long tracked = tracked(archive, name(prefix, TRACKED));
        try {
            return BatchNormState.of(
                    options.config(BatchNormConfig.DEFAULT.withAffine(weight != null)),
                    channels,
                    weight,
                    bias,
                    runningMean,
                    runningVar,
                    tracked);
        } catch (IllegalArgumentException e) {
            // Begins with the key.
            String of = prefix.isEmpty() ? "" : "in " + Quoted.text(prefix) + " ";
            throw new IllegalArgumentException(of + e.getMessage(), e);
        }
    }

    private static String onlyPrefix(TensorArchive archive) {
        List<String> prefixes = prefixes(archive);
        if (prefixes.size() == 1) {
            return prefixes.get(0);
        }
        throw new IllegalArgumentException(
                found(archive) + (prefixes.isEmpty() ? "" : "; give the prefix of the one that is meant"));
    }

    private static String found(TensorArchive archive) {
        List<String> prefixes = prefixes(archive);
        if (prefixes.isEmpty()) {
            Set<String> names = archive.names();
            return "no batch norm is in it (a running_mean and a running_var); it has "
                    + (names.isEmpty() ? "no tensors" : "the tensors " + Quoted.names(names));
        }
        return "the batch norms in it are " + Quoted.names(prefixes);
    }

    private static double @Nullable [] vector(TensorArchive archive, String name, int channels) {
        if (!archive.names().contains(name)) {
            return null;
        }
        Tensor tensor = archive.read(name);
        if (tensor.shape().length != 1 || tensor.shape()[0] != channels) {
            throw misfit(name, tensor, "[" + channels + "], as the running mean");
        }
        if (!tensor.type().isFloating()) {
            throw new IllegalArgumentException(
                    Quoted.text(name) + " has the type " + tensor.type() + "; expected floating-point numbers");
        }
        return tensor.values();
    }

    /** 0 if it is absent, as in PyTorch: files of its first versions have no counter. */
    private static long tracked(TensorArchive archive, String name) {
        if (!archive.names().contains(name)) {
            return 0;
        }
        Tensor tensor = archive.read(name);
        if (tensor.shape().length != 0) {
            throw misfit(name, tensor, "[]");
        }
        if (tensor.type().isFloating()) {
            throw new IllegalArgumentException(
                    Quoted.text(name) + " has the type " + tensor.type() + "; expected I64, a whole number");
        }
        return tensor.type().integer(tensor.bytes());
    }

    private static IllegalArgumentException misfit(String name, Tensor tensor, String expected) {
        return new IllegalArgumentException(
                Quoted.text(name) + " has the shape " + Arrays.toString(tensor.shape()) + "; expected " + expected);
    }

    private static String name(String prefix, String key) {
        return prefix.isEmpty() ? key : prefix + "." + key;
    }
}
