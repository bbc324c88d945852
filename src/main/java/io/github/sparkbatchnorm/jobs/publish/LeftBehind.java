package io.github.sparkbatchnorm.jobs.publish;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Staging folders of other runs, which are either running at the same time or were killed before they could clean up.
 */
final class LeftBehind {
    private static final Logger LOG = LoggerFactory.getLogger(LeftBehind.class);

    private static final Pattern NAME = Pattern.compile(Pattern.quote(PublishTarget.STAGING_PREFIX) + "[0-9a-f-]{36}");

    private LeftBehind() {}

    /** A sentence about each staging folder in a folder: its age, what it holds, and what to do. */
    static List<String> in(Path folder, FileSystem fileSystem) {
        List<String> found = new ArrayList<>();
        try {
            if (HadoopFiles.status(fileSystem, folder) == null) {
                return found;
            }
            for (FileStatus staging : fileSystem.listStatus(
                    folder, path -> NAME.matcher(path.getName()).matches())) {
                found.add(describe(staging, fileSystem));
            }
        } catch (IOException | RuntimeException e) {
            // The run does not depend on this list.
            LOG.debug("listing {}", folder, e);
        }
        return found;
    }

    private static String describe(FileStatus staging, FileSystem fileSystem) throws IOException {
        Path folder = staging.getPath();
        List<String> moved = new ArrayList<>();
        for (FileStatus entry : fileSystem.listStatus(folder)) {
            String name = entry.getPath().getName();
            if (name.startsWith(PublishTarget.ASIDE_PREFIX)) {
                String target = name.substring(PublishTarget.ASIDE_PREFIX.length());
                moved.add(name + ", which was " + new Path(folder.getParent(), target));
            }
        }
        String what = folder + " (" + age(staging) + ") belongs to a run that is going on now, or that was killed";
        return moved.isEmpty()
                ? what + "; it holds nothing that was published: delete it if no run uses it"
                : what + "; it holds what that run was replacing, maybe the only copy: " + String.join("; ", moved)
                        + ". If no run uses it, look at both before you move or delete one";
    }

    private static String age(FileStatus status) {
        if (status.getModificationTime() <= 0) {
            return "of unknown age";
        }
        Duration age = Duration.between(Instant.ofEpochMilli(status.getModificationTime()), Instant.now());
        if (age.toDays() > 0) {
            return counted(age.toDays(), "day");
        }
        return age.toHours() > 0 ? counted(age.toHours(), "hour") : counted(Math.max(0, age.toMinutes()), "minute");
    }

    private static String counted(long n, String unit) {
        return n + " " + unit + (n == 1 ? "" : "s") + " old";
    }
}
