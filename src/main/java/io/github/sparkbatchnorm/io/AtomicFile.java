package io.github.sparkbatchnorm.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** A file that is there as a whole or not at all, whoever reads it and whenever. */
final class AtomicFile {
    private AtomicFile() {}

    /**
     * Writes a text in UTF-8 beside the file and moves it into its place.
     *
     * @param file replaced if it exists; it stays as it is if anything fails
     * @throws IOException if the folder does not take the file; nothing is left beside it then
     */
    static void write(Path file, String text) throws IOException {
        // Its name is as long for each file, so that no name of a file is too long for this.
        Path temporary = file.resolveSibling("." + UUID.randomUUID() + ".tmp");
        try {
            writeAndSync(temporary, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (Throwable e) {
            deleteAfter(e, temporary);
            throw e;
        }
    }

    private static void writeAndSync(Path file, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true); // else a crash could leave the new name with no content
        }
    }

    private static void deleteAfter(Throwable failure, Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
