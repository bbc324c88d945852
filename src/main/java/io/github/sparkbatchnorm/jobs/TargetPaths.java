package io.github.sparkbatchnorm.jobs;

import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Refuses places that would destroy each other, or what is read, when they are published. */
final class TargetPaths {
    private final Configuration configuration = new Configuration();
    private final List<Named> folders = new ArrayList<>();
    private final List<Named> files = new ArrayList<>();
    private final List<Named> inputs = new ArrayList<>();

    private record Named(String option, String text, Path path) {
        @Override
        public String toString() {
            return option + " " + text;
        }
    }

    TargetPaths folder(String option, String text) {
        folders.add(named(option, text));
        return this;
    }

    TargetPaths file(String option, String text) {
        files.add(named(option, text));
        return this;
    }

    TargetPaths input(String option, String text) {
        inputs.add(named(option, text));
        return this;
    }

    TargetPaths inputs(InputSource source) {
        if (!source.isTable()) {
            source.paths().forEach(path -> input("--input", path));
        }
        return this;
    }

    /** @throws UsageException for the first two that do not go together */
    void check() {
        for (Named file : files) {
            for (Named input : inputs) {
                // The same file may be read and written where it is the state.
                if (input.option().equals("--input") && file.path().equals(input.path())) {
                    throw new UsageException(file + " is the --input; give another file");
                }
            }
            for (Named folder : folders) {
                if (contains(folder, file) || file.path().equals(folder.path())) {
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
                if (contains(folder, input) || (same && !input.option().equals("--input"))) {
                    throw new UsageException(folder + " would replace " + input + "; give another place");
                }
            }
        }
    }

    private static boolean contains(Named folder, Named inner) {
        for (Path p = inner.path().getParent(); p != null; p = p.getParent()) {
            if (p.equals(folder.path())) {
                return true;
            }
        }
        return false;
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
