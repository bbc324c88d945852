package io.github.sparkbatchnorm.stats;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** The records in {@code golden/moments-record-v1.txt} by their names. */
final class GoldenRecords {
    private static final Path FILE = Path.of("src/test/resources/golden/moments-record-v1.txt");

    private GoldenRecords() {}

    static Map<String, byte[]> read() {
        Map<String, StringBuilder> texts = new LinkedHashMap<>();
        StringBuilder text = new StringBuilder();
        try {
            for (String line : Files.readAllLines(FILE)) {
                if (line.startsWith("record ")) {
                    text = new StringBuilder();
                    texts.put(line.substring("record ".length()), text);
                } else {
                    text.append(line.replaceAll("#.*", "").replace(" ", ""));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, byte[]> records = new LinkedHashMap<>();
        texts.forEach((name, hex) -> records.put(name, HexFormat.of().parseHex(hex)));
        return records;
    }
}
