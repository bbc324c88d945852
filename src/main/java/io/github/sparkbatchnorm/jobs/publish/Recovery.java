package io.github.sparkbatchnorm.jobs.publish;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Finishes or takes back what a run was publishing when it was killed. It goes step by step as the run did, so that it
 * can be killed as well, and called again.
 */
public final class Recovery {
    private final Configuration configuration;
    private final Console console;

    /** The two ways out of a publication that was cut short. */
    public enum Way {
        /** All new outputs are published. */
        FINISH("--finish"),
        /** All old outputs are put back. */
        RESTORE("--restore");

        private final String option;

        Way(String option) {
            this.option = option;
        }

        /** The option of the command line. */
        public String option() {
            return option;
        }
    }

    /**
     * Creates a recovery.
     *
     * @param configuration the settings of Hadoop's file systems
     * @param console takes a line for each output, and warnings
     */
    public Recovery(Configuration configuration, Console console) {
        this.configuration = configuration;
        this.console = console;
    }

    /**
     * Recovers what one run left. Nothing to recover is no error.
     *
     * @param path any target of the run, or a staging folder of it
     * @throws BatchNormException if the run goes on, or what it left cannot be told apart, or a step fails
     */
    public void recover(String path, Way way) {
        try {
            Path place = HadoopFiles.resolve(new Path(path), configuration);
            Remains remains = Remains.at(place, configuration);
            remains.requireOne();
            if (!recover(remains, way)) {
                console.result("nothing to recover", place);
            }
        } catch (Journal.Unusable e) {
            throw new BatchNormException(
                    path + " cannot be recovered: " + e.getMessage() + "; nothing was changed. Look at the folder"
                            + " before you move or delete anything: it may hold the only copy of what was replaced",
                    e);
        } catch (IOException e) {
            throw new BatchNormException(
                    path + " cannot be recovered: " + ErrorLine.reason(e)
                            + "; the same command goes on from where it stopped",
                    e);
        }
    }

    private boolean recover(Remains remains, Way way) throws IOException {
        boolean did = false;
        for (Publication published : remains.in(Publication.Phase.PUBLISHED)) {
            if (way == Way.RESTORE) {
                throw new BatchNormException(
                        remains.place() + ": all new outputs were published, and the old ones may be deleted in part; "
                                + RecoverCommands.finish(remains.place()) + " deletes what is left of them");
            }
            published.replacements().forEach(done -> console.result("published", done.target()));
            deleted(published.folders(), published.deletePublished());
            did = true;
        }
        for (Publication begun : remains.in(Publication.Phase.BEGUN)) {
            begun.requireClear();
            console.end().changed("cut short: the same command goes on from where it stopped");
            try (Heartbeat alive = Heartbeat.start(begun.folders())) {
                if (way == Way.FINISH) {
                    finish(begun, alive);
                } else {
                    restore(begun, alive);
                }
            } catch (IOException | RuntimeException e) {
                Heartbeat.signOff(begun.folders());
                throw e;
            }
            did = true;
        }
        List<StagingFolder> unpublished = remains.unpublished();
        if (way == Way.RESTORE) {
            for (Publication ended : remains.in(Publication.Phase.NOT_BEGUN)) {
                ended.withdraw();
            }
            discard(unpublished);
            did |= !unpublished.isEmpty();
        } else if (!did && !unpublished.isEmpty()) {
            StagingFolder folder = unpublished.get(0);
            throw new BatchNormException(
                    remains.place() + ": the run was killed while nothing was published, so there is nothing to finish;"
                            + " run it again. " + RecoverCommands.restore(folder.path()) + " deletes what it left");
        }
        if (discard(remains.empty())) {
            did = true;
        }
        if (!did) {
            remains.requireEnded();
        }
        return did;
    }

    private void finish(Publication begun, Heartbeat alive) throws IOException {
        for (Replacement next : begun.replacements()) {
            next.forward();
        }
        begun.mark();
        begun.replacements().forEach(done -> console.result("published", done.target()));
        console.end().changed("all new outputs are published");
        alive.close();
        deleted(begun.folders(), begun.deletePublished());
    }

    private void restore(Publication begun, Heartbeat alive) throws IOException {
        begun.unmark();
        List<Replacement> reverse = new ArrayList<>(begun.replacements());
        Collections.reverse(reverse);
        for (Replacement next : reverse) {
            next.back();
        }
        begun.withdraw();
        for (Replacement back : begun.replacements()) {
            console.result(
                    "restored", back.target() + (back.old() == Journal.Old.NONE ? " (there was none before)" : ""));
        }
        console.end().changed("all old outputs are back");
        alive.close();
        discard(begun.folders());
    }

    private boolean discard(List<StagingFolder> folders) {
        deleted(
                folders,
                folders.stream()
                        .filter(folder -> !folder.delete())
                        .map(StagingFolder::path)
                        .toList());
        return !folders.isEmpty();
    }

    private void deleted(List<StagingFolder> folders, List<Path> left) {
        for (StagingFolder folder : folders) {
            if (!left.contains(folder.path())) {
                console.result("deleted", folder);
            }
        }
        if (!left.isEmpty()) {
            console.warning(Publisher.notDeleted(left));
        }
    }
}
