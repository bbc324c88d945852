package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bugs of {@link PlantedBugsIT} can be planted: the sources still have the texts that they replace. */
class PlantedBugsTest {
    @Test
    void theSourcesHaveTheTextsThatBugsReplace() throws IOException {
        for (List<PlantedBug> bugs : List.of(
                PlantedBugs.OF_STATISTICS,
                PlantedBugs.OF_OUTPUTS,
                PlantedBugs.OF_GRADIENTS,
                PlantedBugs.OF_STATES,
                PlantedBugs.OF_ONE_HOST)) {
            for (PlantedBug bug : bugs) {
                assertThat(bug.sourceWithBug()).contains(bug.replacement());
            }
        }
    }
}
