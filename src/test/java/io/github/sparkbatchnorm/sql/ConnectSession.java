package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The statements of a session of a client of Spark Connect, in order, and what each is expected to show. */
final class ConnectSession {
    private final ConnectServer server;
    private final List<Path> jars;
    private final List<String> statements = new ArrayList<>();
    private final List<Consumer<String>> checks = new ArrayList<>();

    /** @param jars that the client adds to its session */
    ConnectSession(ConnectServer server, Path... jars) {
        this.server = server;
        this.jars = List.of(jars);
    }

    void expect(String statement, Consumer<String> check) {
        statements.add(statement);
        checks.add(check);
    }

    /** Expects a text in what a statement shows. */
    void expect(String statement, String part) {
        expect(statement, shown -> assertThat(shown)
                .as(statement)
                .contains(part)
                .doesNotContain("INTERNAL_ERROR")
                .doesNotContain("hunter2"));
    }

    /** Runs the session. */
    void run() throws Exception {
        List<String> shown = server.run(jars, statements);
        for (int i = 0; i < shown.size(); i++) {
            checks.get(i).accept(shown.get(i));
        }
    }
}
