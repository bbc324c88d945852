package io.github.sparkbatchnorm.jobs.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.sparkbatchnorm.jobs.console.Choice;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a run is about to publish, as a file in each of its staging folders: the same in all of them. Publishing has
 * begun when it is in all. It does not change with the steps that follow: how far they went shows in which of the old
 * and new outputs are where.
 *
 * @param run the UUID of the run, which is in the names of its staging folders
 * @param targets what is published, in order
 */
record Journal(String run, List<Target> targets) {
    private static final String FORMAT = "spark-batchnorm journal of publishing";
    private static final int VERSION = 1;
    /** Far above what a run writes. */
    private static final int MAX_BYTES = 1 << 20;

    private static final Pattern OPTION = Pattern.compile("[A-Za-z0-9_ -]{0,64}");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What becomes of the old output while the new one moves to its place. */
    enum Old {
        /** There is none. */
        NONE,
        /** It is moved aside. */
        MOVED,
        /** It gets a second name aside, and the new one replaces the first in one step. */
        LINKED
    }

    /**
     * One output.
     *
     * @param option the option that names it, for messages
     * @param path the final path
     * @param file whether it is a file, not a folder
     */
    record Target(String option, Path path, boolean file, Old old) {}

    Journal {
        targets = List.copyOf(targets);
    }

    /** The staging folder of a target: beside it, whatever a file says. */
    Path staging(Target target) {
        Path parent = target.path().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(target.path() + " has no parent");
        }
        return new Path(parent, StagingFolder.PREFIX + run);
    }

    /** The content of the file. */
    byte[] content() {
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT).put("version", VERSION).put("run", run);
        ArrayNode list = root.putArray("targets");
        for (Target target : targets) {
            list.addObject()
                    .put("option", target.option())
                    .put("path", target.path().toString())
                    .put("staging", staging(target).toString())
                    .put("kind", target.file() ? "file" : "folder")
                    .put("old", target.old().name().toLowerCase(Locale.ROOT));
        }
        return (root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads the journal of a folder.
     *
     * @return null if there is none
     * @throws IOException if it cannot be read; {@link Unusable} if it is not one that this version understands, or
     *     names nothing beside its folder
     */
    static @Nullable Journal read(StagingFolder folder, Configuration configuration) throws IOException {
        byte[] content = content(folder);
        if (content == null) {
            return null;
        }
        Journal journal = parse(content, folder);
        for (Target target : journal.targets) {
            if (journal.isBeside(target, folder, configuration)) {
                return journal;
            }
        }
        throw new Unusable(folder, "names no output beside its folder; was the folder moved?");
    }

    /** Whether a target of that name beside a folder is among those of the journal. */
    boolean names(String name, StagingFolder folder, Configuration configuration) throws IOException {
        for (Target target : targets) {
            if (target.path().getName().equals(name) && isBeside(target, folder, configuration)) {
                return true;
            }
        }
        return false;
    }

    private boolean isBeside(Target target, StagingFolder folder, Configuration configuration) throws IOException {
        return HadoopFiles.identity(staging(target), configuration)
                .equals(HadoopFiles.identity(folder.path(), configuration));
    }

    /** The bytes of the journal in a folder; null if there is none. */
    static byte @Nullable [] content(StagingFolder folder) throws IOException {
        if (!folder.has(StagingFolder.JOURNAL)) {
            return null;
        }
        try (InputStream in = folder.fileSystem().open(folder.at(StagingFolder.JOURNAL))) {
            byte[] content = in.readNBytes(MAX_BYTES + 1);
            if (content.length > MAX_BYTES) {
                throw new Unusable(folder, "is larger than any journal");
            }
            return content;
        } catch (FileNotFoundException e) {
            // Java says so of a file that must not be read, too.
            if (folder.has(StagingFolder.JOURNAL)) {
                throw e;
            }
            return null;
        }
    }

    private static Journal parse(byte[] content, StagingFolder folder) throws IOException {
        JsonNode root;
        try {
            root = JSON.readTree(content);
        } catch (IOException e) {
            throw new Unusable(folder, "is no JSON: " + ErrorLine.reason(e));
        }
        if (!root.path("format").asText().equals(FORMAT)) {
            throw new Unusable(folder, "is no journal of a run");
        }
        JsonNode version = root.path("version");
        if (!version.isInt() || version.intValue() != VERSION) {
            throw new Unusable(
                    folder,
                    "has version " + version + ", and this program knows " + VERSION + "; use the one that wrote it");
        }
        if (!root.path("run").asText().equals(folder.run())) {
            throw new Unusable(folder, "is of another run");
        }
        List<Target> targets = new ArrayList<>();
        Set<Path> paths = new HashSet<>();
        for (JsonNode entry : root.path("targets")) {
            Target target = target(entry);
            if (target == null || !paths.add(target.path())) {
                throw new Unusable(folder, "has a target that no run writes, number " + (targets.size() + 1));
            }
            targets.add(target);
        }
        return new Journal(folder.run(), targets);
    }

    private static @Nullable Target target(JsonNode entry) {
        String option = entry.path("option").asText();
        String path = entry.path("path").asText();
        Old old = Choice.of(Old.class).find(entry.path("old").asText());
        String kind = entry.path("kind").asText();
        boolean file = kind.equals("file");
        if (!OPTION.matcher(option).matches()
                || path.chars().anyMatch(Character::isISOControl)
                || old == null
                || !(file || kind.equals("folder"))) {
            return null;
        }
        try {
            Path target = new Path(path);
            return target.isAbsolute() && target.getParent() != null && (file || old != Old.LINKED)
                    ? new Target(option, target, file, old)
                    : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** A journal that this program must not act on. */
    static final class Unusable extends IOException {
        private static final long serialVersionUID = 1L;

        private Unusable(StagingFolder folder, String what) {
            super(folder.at(StagingFolder.JOURNAL) + " " + what);
        }
    }
}
