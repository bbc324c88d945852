package io.github.sparkbatchnorm.jobs.publish;

import java.nio.file.Path;
import java.util.List;

/** A process that publishes, and kills itself on the way. */
final class DyingProgram {
    /** What it publishes. */
    static final List<Integer> TARGETS = List.of(0, 2);

    private DyingProgram() {}

    /**
     * Publishes.
     *
     * @param args the folder, and the step at which the process dies
     */
    public static void main(String[] args) throws Exception {
        int last = Integer.parseInt(args[1]);
        DyingRun run = new DyingRun(Path.of(args[0]), true, TARGETS, true);
        run.publish(true, () -> MortalFileSystem.dieAt(last)).close();
    }
}
