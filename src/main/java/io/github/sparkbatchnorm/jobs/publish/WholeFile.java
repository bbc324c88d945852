package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.files.FileReplacement;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file that tells about a run, and is written by itself when the run has ended: whole, or not at all. An old file is
 * replaced at once on the local file system and on HDFS; on other stores there is none for a moment.
 */
public final class WholeFile {
    private final String name;
    private final boolean replace;
    private final Configuration configuration;
    private final FileSystem fileSystem;
    private final Path target;
    private boolean written;

    /**
     * Creates the file's name; writes nothing.
     *
     * @param option the option that names the path, for messages
     * @param path whose links are followed
     * @param replace whether an existing file is replaced
     * @throws BatchNormException if links at the path cannot be followed
     */
    public WholeFile(String option, String path, boolean replace, Configuration configuration) {
        this.replace = replace;
        this.configuration = configuration;
        try {
            target = HadoopFiles.resolve(new Path(path), configuration);
            fileSystem = HadoopFiles.fileSystem(target, configuration);
            name = option + " " + target;
        } catch (IOException e) {
            throw new BatchNormException(option + " " + path + " cannot be used: " + ErrorLine.reason(e), e);
        }
    }

    /**
     * Checks that the file can be written, before there is something to write. Folders above it are made.
     *
     * @throws BatchNormException if something is there that is not replaced, or the folder takes no files
     */
    public void prepare() {
        try {
            checkFree();
            if (target.getParent() != null) {
                HadoopFiles.makeFolder(fileSystem, target.getParent());
            }
            Path part = FileReplacement.hiddenBeside(target, "part");
            fileSystem.create(part, false).close();
            fileSystem.delete(part, false);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /**
     * Writes the file. What this has written before is replaced in any case.
     *
     * @throws BatchNormException if that fails; what was there before is there still, or the message names where it is
     */
    public void write(PublishTarget.Content content) {
        Path part = FileReplacement.hiddenBeside(target, "part");
        try {
            FileStatus old = checkFree();
            try (OutputStream out = fileSystem.create(part, false)) {
                content.writeTo(out);
            }
            if (old != null) {
                FileRights.copy(fileSystem, target, part);
            }
            FileReplacement.move(fileSystem, part, target, configuration);
            written = true;
        } catch (IOException e) {
            HadoopFiles.delete(fileSystem, part);
            throw failure(e);
        }
    }

    private @Nullable FileStatus checkFree() throws IOException {
        FileStatus old = HadoopFiles.status(fileSystem, target);
        if (old != null && old.isDirectory()) {
            throw new BatchNormException(name + " is a folder; give the name of a file");
        }
        if (old != null && !replace && !written) {
            throw new BatchNormException(name + " exists; give another place, or --overwrite to replace it");
        }
        return old;
    }

    private BatchNormException failure(IOException cause) {
        return new BatchNormException(name + " cannot be written: " + ErrorLine.reason(cause), cause);
    }
}
