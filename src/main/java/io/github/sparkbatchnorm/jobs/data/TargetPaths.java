package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.publish.HadoopFiles;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The paths that a command publishes, and a check that they destroy neither each other nor what is read. */
public final class TargetPaths {
    private final Configuration configuration = new Configuration();
    private final List<Named> folders = new ArrayList<>();
    private final List<Named> files = new ArrayList<>();
    private final List<Named> inputs = new ArrayList<>();

    private record Named(String option, String text, Path path) {
        /** Whether this is the data, not a state. */
        boolean isRead() {
            return option.equals("--input");
        }

        /** This with links followed; unchanged where they cannot be followed, since nothing can be written there. */
        Named followed(Configuration hadoop) {
            try {
                return new Named(option, text, HadoopFiles.identity(new Path(text), hadoop));
            } catch (IOException e) {
                return this;
            }
        }

        @Override
        public String toString() {
            return option + " " + text;
        }
    }

    /** Adds a folder that is published. */
    public TargetPaths folder(String option, String text) {
        folders.add(named(option, text));
        return this;
    }

    /** Adds a file that is published. */
    public TargetPaths file(String option, String text) {
        files.add(named(option, text));
        return this;
    }

    /** Adds a path that is read. */
    public TargetPaths input(String option, String text) {
        inputs.add(named(option, text));
        return this;
    }

    /** Adds the paths of the data, unless it comes from tables. */
    public TargetPaths inputs(InputSource source) {
        if (!source.isTable()) {
            source.paths().forEach(path -> input("--input", path));
        }
        return this;
    }

    /**
     * Checks the paths as the user wrote them, before links are followed.
     *
     * @throws UsageException for the first two that do not go together
     */
    public void check() {
        for (Named file : files) {
            for (Named input : inputs) {
                // A state may be read from and written to the same file.
                if (input.isRead() && file.path().equals(input.path())) {
                    throw new UsageException(file + " is the --input; give another file");
                }
                if (input.isRead() && HadoopFiles.contains(input.path(), file.path())) {
                    throw wouldBeRead(file, input.text());
                }
            }
            for (Named folder : folders) {
                if (HadoopFiles.contains(folder.path(), file.path())
                        || file.path().equals(folder.path())) {
                    throw new UsageException(file + " is in " + folder + ", which is replaced as a whole; give a place"
                            + " outside of it");
                }
            }
        }
        for (int i = 0; i < files.size(); i++) {
            for (Named other : files.subList(i + 1, files.size())) {
                if (files.get(i).path().equals(other.path())) {
                    throw new UsageException(files.get(i) + " is " + other + " too; give two files");
                }
            }
        }
        for (Named folder : folders) {
            for (Named input : inputs) {
                boolean same = folder.path().equals(input.path());
                if (HadoopFiles.contains(folder.path(), input.path()) || (same && !input.isRead())) {
                    throw wouldReplace(folder, input.toString());
                }
                if (input.isRead() && HadoopFiles.contains(input.path(), folder.path())) {
                    throw wouldBeRead(folder, input.text());
                }
            }
        }
    }

    /**
     * Checks the paths, with links followed, against each other and against all that Spark will read.
     *
     * @param data the opened input
     * @throws UsageException for the first path that would destroy another one, or what is read
     */
    public void check(InputSource source, Dataset<Row> data, Configuration hadoop) {
        TargetPaths followed = new TargetPaths();
        folders.forEach(folder -> followed.folders.add(folder.followed(hadoop)));
        files.forEach(file -> followed.files.add(file.followed(hadoop)));
        inputs.stream().filter(input -> !input.isRead()).forEach(input -> followed.inputs.add(input.followed(hadoop)));
        followed.check();
        try {
            followed.checkAgainst(InputPaths.of(source, data, hadoop), source, hadoop);
        } catch (IOException e) {
            throw new BatchNormException(
                    "input " + source.description() + " cannot be followed to its place: " + ErrorLine.reason(e)
                            + "; check the links on the way",
                    e);
        }
    }

    private void checkAgainst(InputPaths read, InputSource source, Configuration hadoop) throws IOException {
        for (Named target : Stream.concat(folders.stream(), files.stream()).toList()) {
            String replaced = read.readAt(target.path());
            boolean inPlace = folders.contains(target) && source.isOnePath() && read.isAll(target.path());
            if (replaced != null && !inPlace) {
                throw wouldReplace(target, (source.isTable() ? "files of table " : "--input ") + replaced);
            }
            Path unread =
                    inPlace ? read.firstUnread(HadoopFiles.resolve(new Path(target.text()), hadoop), hadoop) : null;
            if (unread != null) {
                throw wouldReplace(target, unread + ", which is not read");
            }
            String holding = read.holding(target.path());
            if (holding != null) {
                throw wouldBeRead(target, holding);
            }
        }
    }

    private static UsageException wouldReplace(Named target, String input) {
        return new UsageException(target + " would replace " + input + "; give another place");
    }

    private static UsageException wouldBeRead(Named target, String input) {
        return new UsageException(
                target + " is in --input " + input + ", which would read it the next time; give a place outside of it");
    }

    /** Whether the folder that is published replaces the only input. */
    boolean replaceInput(InputSource source, Configuration hadoop) {
        try {
            return source.isOnePath()
                    && folders.size() == 1
                    && HadoopFiles.identity(new Path(folders.get(0).text()), hadoop)
                            .equals(HadoopFiles.identity(new Path(source.paths().get(0)), hadoop));
        } catch (IOException e) {
            return false; // what cannot be followed is refused where it is opened
        }
    }

    private Named named(String option, String text) {
        if (text.isBlank()) {
            throw new UsageException(option + " is empty; give a path");
        }
        try {
            Path workingDirectory = new Path(System.getProperty("user.dir", "/"));
            Path path = new Path(text).makeQualified(FileSystem.getDefaultUri(configuration), workingDirectory);
            return new Named(option, text, new Path(path.toUri().normalize()));
        } catch (IllegalArgumentException e) {
            throw new UsageException(option + " " + text + " is no path: " + ErrorLine.reason(e));
        }
    }
}
