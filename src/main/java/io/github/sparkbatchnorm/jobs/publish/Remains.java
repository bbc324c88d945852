package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** What ended runs left at a place, which is a target or a staging folder. Only looks. */
final class Remains {
    private final Path place;
    private final Configuration configuration;
    private final boolean isFolder;
    private final Map<Publication.Phase, List<Publication>> publications = new EnumMap<>(Publication.Phase.class);
    private final List<StagingFolder> unpublished = new ArrayList<>();
    private final List<StagingFolder> empty = new ArrayList<>();
    private final List<String> notEnded = new ArrayList<>();

    private Remains(Path place, boolean isFolder, Configuration configuration) {
        this.place = place;
        this.isFolder = isFolder;
        this.configuration = configuration;
        for (Publication.Phase phase : Publication.Phase.values()) {
            publications.put(phase, new ArrayList<>());
        }
    }

    /**
     * Looks at a place.
     *
     * @throws BatchNormException if a run is publishing there now, or an old output is there without a journal
     * @throws IOException if something cannot be read
     */
    static Remains at(Path place, Configuration configuration) throws IOException {
        FileSystem fileSystem = HadoopFiles.fileSystem(place, configuration);
        Remains remains = new Remains(place, StagingFolder.isNamed(place), configuration);
        if (remains.isFolder) {
            StagingFolder folder = new StagingFolder(place, fileSystem);
            if (folder.exists()) {
                remains.look(folder);
            }
        } else if (place.getParent() != null) {
            for (StagingFolder folder : StagingFolder.in(place.getParent(), fileSystem)) {
                remains.look(folder);
            }
        }
        return remains;
    }

    Path place() {
        return place;
    }

    /** The publications of ended runs in a phase. */
    List<Publication> in(Publication.Phase phase) {
        return Objects.requireNonNull(publications.get(phase));
    }

    /** The folders of ended runs that had not begun to publish, or have taken everything back. */
    List<StagingFolder> unpublished() {
        return unpublished;
    }

    /** The folders of ended runs that hold neither. */
    List<StagingFolder> empty() {
        return empty;
    }

    private void look(StagingFolder folder) throws IOException {
        Journal journal = Journal.read(folder, configuration);
        if (journal == null) {
            lookWithoutJournal(folder);
        } else if (isFolder || journal.names(place.getName(), folder, configuration)) {
            look(new Publication(journal, configuration));
        }
    }

    private void look(Publication publication) throws IOException {
        for (StagingFolder folder : publication.folders()) {
            SignOfLife life = folder.exists() ? SignOfLife.of(folder) : null;
            if (life != null && life.life() == SignOfLife.Life.LIVE) {
                throw new BatchNormException(place + " " + LeftBehind.isPublishedNow(life));
            }
        }
        Publication.Phase phase = publication.phase();
        in(phase).add(publication);
        if (phase == Publication.Phase.NOT_BEGUN) {
            for (StagingFolder folder : publication.folders()) {
                requireNoOld(folder);
                if (folder.exists() && SignOfLife.of(folder).isDead()) {
                    unpublished.add(folder);
                }
            }
        }
    }

    private void lookWithoutJournal(StagingFolder folder) throws IOException {
        List<String> names = folder.names();
        boolean isEmpty = names.stream()
                .noneMatch(name -> name.startsWith(StagingFolder.NEW) || name.startsWith(StagingFolder.OLD));
        if (!isFolder
                && !isEmpty
                && !names.contains(StagingFolder.NEW + place.getName())
                && !names.contains(StagingFolder.OLD + place.getName())) {
            return;
        }
        requireNoOld(folder);
        SignOfLife life = SignOfLife.of(folder);
        if (life.isDead()) {
            (isEmpty ? empty : unpublished).add(folder);
        } else if (life.life() == SignOfLife.Life.LIVE) {
            notEnded.add(folder + " belongs to a run that goes on now (" + life.words() + "); wait for its end");
        } else if (isFolder || !isEmpty) {
            notEnded.add(
                    folder + " holds nothing that was published, and no sign of whether its run goes on: delete it if"
                            + " no run uses it");
        }
    }

    private static void requireNoOld(StagingFolder folder) throws IOException {
        for (String name : folder.oldNames()) {
            Path target = new Path(Objects.requireNonNull(folder.path().getParent()), name);
            throw new BatchNormException(target + " " + LeftBehind.withoutJournal(folder, target));
        }
    }

    /** @throws BatchNormException if more than one run was killed while it published, or a folder of one has gone */
    void requireOne() throws IOException {
        List<Publication> broken = in(Publication.Phase.BROKEN);
        List<Publication> open = new ArrayList<>(in(Publication.Phase.BEGUN));
        open.addAll(broken);
        if (open.size() > 1) {
            List<String> folders = open.stream()
                    .map(publication -> publication.folders().toString())
                    .toList();
            throw new BatchNormException(
                    place + " was being published by several runs that were killed: their folders are "
                            + String.join(" and ", folders) + "; give a folder of the one that you mean");
        }
        for (Publication publication : broken) {
            publication.requireClear();
            throw new BatchNormException(place + " cannot be recovered: not all of " + publication.folders()
                    + " are there with the same journal; nothing was changed. Look at them, and put what you keep in its"
                    + " place by hand");
        }
    }

    /** @throws BatchNormException if there is something of a run that may go on */
    void requireEnded() {
        if (!notEnded.isEmpty()) {
            throw new BatchNormException(String.join("; ", notEnded));
        }
    }
}
