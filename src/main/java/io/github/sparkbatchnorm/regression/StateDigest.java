package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.regression.exact.Sha256;
import java.util.HexFormat;

/** The SHA-256 of the text of a state, without its provenance. */
final class StateDigest {
    private StateDigest() {}

    static String of(BatchNormState state) {
        return "sha256:" + HexFormat.of().formatHex(Sha256.of(StateJson.write(state.withProvenance(null))));
    }
}
