package io.github.sparkbatchnorm.io;

import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The code of exchange.md and weight-averaging.md: files of the current folder into others there. */
final class ExchangeProgram {
    private ExchangeProgram() {}

    public static void main(String[] arguments) throws IOException {
        FormatOptions layer = fromTorch();
        toTorch(layer);
        fromKeras();
        afterAveraging();
    }

    private static FormatOptions fromTorch() throws IOException {
        // page
        FormatOptions layer = FormatOptions.DEFAULT.withPrefix("layer1.bn");
        byte[] model = Files.readAllBytes(Path.of("model.safetensors"));
        BatchNormState state = StateFormat.SAFETENSORS.read(model, "model.safetensors", layer);
        StateJson.write(state, Path.of("bn.json"));
        // page
        return layer;
    }

    private static void toTorch(FormatOptions layer) throws IOException {
        // page
        BatchNormState fitted = StateJson.read(Path.of("fitted.json"));
        try (OutputStream file = Files.newOutputStream(Path.of("fitted.safetensors"))) {
            StateFormat.SAFETENSORS.write(fitted, file, layer); // returns the keys that float32 rounded
        }
        // page
    }

    private static void fromKeras() throws IOException {
        // page
        FormatOptions keras = FormatOptions.DEFAULT.withEps(1e-3).withMomentum(0.01);
        BatchNormState state = StateFormat.NPZ.read(Files.readAllBytes(Path.of("bn.npz")), "bn.npz", keras);
        // page
        StateJson.write(state, Path.of("keras.json"));
    }

    private static void afterAveraging() throws IOException {
        // page
        try (OutputStream file = Files.newOutputStream(Path.of("bn1.safetensors"))) {
            StateFormat.SAFETENSORS.write(StateJson.read(Path.of("bn1.json")), file, FormatOptions.DEFAULT);
        }
        // page
    }
}
