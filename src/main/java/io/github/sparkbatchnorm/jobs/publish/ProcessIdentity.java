package io.github.sparkbatchnorm.jobs.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What tells a process from all others, now and later.
 *
 * @param host the name of its machine, for messages
 * @param pid its number
 * @param start its start, in ticks since the machine started; empty where the system does not tell
 * @param machine one start of one machine, and one space of process numbers; empty where the system does not tell
 */
record ProcessIdentity(String host, long pid, String start, String machine) {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessIdentity.class);

    private static final Path PROC = Path.of("/proc");
    /** The places of the state and the start, after the name of the program, in {@code /proc/PID/stat}. */
    private static final int STATE = 0;

    private static final int START = 19;

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final ProcessIdentity CURRENT = ofThisProcess();

    /** This process. */
    static ProcessIdentity current() {
        return CURRENT;
    }

    private static ProcessIdentity ofThisProcess() {
        long pid = ProcessHandle.current().pid();
        String[] stat = stat(pid).orElse(new String[0]);
        return new ProcessIdentity(hostName(), pid, stat.length > START ? stat[START] : "", machineName());
    }

    /** As JSON. */
    byte[] content() {
        return (JSON.createObjectNode()
                                .put("host", host)
                                .put("pid", pid)
                                .put("start", start)
                                .put("machine", machine)
                                .toPrettyString()
                        + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** From JSON; empty for anything else, such as a file that is being written. */
    static Optional<ProcessIdentity> of(byte[] content) {
        try {
            JsonNode root = JSON.readTree(content);
            return root.path("pid").canConvertToLong()
                    ? Optional.of(new ProcessIdentity(
                            root.path("host").asText().replaceAll("\\p{Cntrl}", "?"),
                            root.path("pid").longValue(),
                            root.path("start").asText(),
                            root.path("machine").asText()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether the process runs; empty if that cannot be told from this one. */
    Optional<Boolean> isRunning() {
        // A process that sees only those of its own user does not see the first one.
        if (start.isEmpty() || machine.isEmpty() || !machine.equals(CURRENT.machine) || stat(1).isEmpty()) {
            return Optional.empty();
        }
        Path file = PROC.resolve(pid + "/stat");
        Optional<String[]> stat = stat(pid);
        if (stat.isEmpty()) {
            return Files.exists(file) ? Optional.empty() : Optional.of(false);
        }
        String[] fields = stat.get();
        boolean ended = fields[STATE].equals("Z") || fields[STATE].equals("X");
        return Optional.of(!ended && fields.length > START && fields[START].equals(start));
    }

    private static Optional<String[]> stat(long pid) {
        try {
            String line = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            return Optional.of(line.substring(line.lastIndexOf(')') + 2).split(" "));
        } catch (IOException | RuntimeException e) {
            LOG.debug("process {}", pid, e);
            return Optional.empty();
        }
    }

    private static String machineName() {
        try {
            return Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip() + " "
                    + Files.readSymbolicLink(PROC.resolve("self/ns/pid"));
        } catch (NoSuchFileException e) {
            return ""; // no Linux
        } catch (IOException | RuntimeException e) {
            LOG.debug("the name of the machine", e);
            return "";
        }
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
