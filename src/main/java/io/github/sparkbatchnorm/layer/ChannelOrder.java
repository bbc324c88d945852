package io.github.sparkbatchnorm.layer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Channels that are told apart by the names of their columns. */
final class ChannelOrder {
    private static final int MAX_NAMES = 10;

    private ChannelOrder() {}

    /**
     * The channel of a state that each column is.
     *
     * @param state the names of the state's channels
     * @param columns the same names in any order
     * @throws IllegalArgumentException naming those that are missing, and those that are left over
     */
    static int[] of(List<String> state, List<String> columns) {
        Map<String, Integer> channels = new HashMap<>();
        for (int c = 0; c < state.size(); c++) {
            channels.put(state.get(c), c);
        }
        List<String> missing = new ArrayList<>();
        int[] order = new int[columns.size()];
        for (int i = 0; i < order.length; i++) {
            Integer channel = channels.remove(columns.get(i));
            if (channel == null) {
                missing.add(columns.get(i));
            } else {
                order[i] = channel;
            }
        }
        List<String> leftOver = state.stream().filter(channels::containsKey).toList();
        if (!missing.isEmpty() || !leftOver.isEmpty()) {
            String found = missing.isEmpty() ? "" : "the state has no column " + some(missing);
            String more = leftOver.isEmpty() ? "" : "the data lacks the column " + some(leftOver);
            throw new IllegalArgumentException(found + (found.isEmpty() || more.isEmpty() ? "" : "; ") + more
                    + "; expected the columns that the state was fitted to, in any order"
                    + (differInCase(missing, leftOver) ? ": upper and lower case are different letters" : ""));
        }
        return order;
    }

    private static boolean differInCase(List<String> missing, List<String> leftOver) {
        return missing.stream().anyMatch(name -> leftOver.stream().anyMatch(name::equalsIgnoreCase));
    }

    private static String some(List<String> names) {
        return names.size() <= MAX_NAMES
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, MAX_NAMES)) + " and " + (names.size() - MAX_NAMES) + " more";
    }

    /** Values of channels in another order. */
    static double[] of(double[] values, int[] order) {
        double[] picked = new double[order.length];
        for (int i = 0; i < order.length; i++) {
            picked[i] = values[order[i]];
        }
        return picked;
    }

    /** A provenance with the channels in the order of columns. */
    static Provenance of(Provenance from, List<String> columns, int[] order) {
        long[] count = from.count();
        long[] picked = new long[order.length];
        for (int i = 0; i < order.length; i++) {
            picked[i] = count[order[i]];
        }
        return new Provenance(
                from.rows(),
                picked,
                null, // it is of the channels in their old order
                columns,
                from.shape(),
                from.layout(),
                from.dtype(),
                from.input(),
                from.where(),
                from.library(),
                from.spark());
    }
}
