package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.jobs.FaultyFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HadoopFilesTest {
    @TempDir
    Path temporary;

    private Path directory;

    @BeforeEach
    void followLinksAboveTheDirectory() throws IOException {
        directory = temporary.toRealPath();
    }

    @Test
    void aPathWithoutLinksIsQualified() throws IOException {
        Files.createDirectory(directory.resolve("a b%20:c"));
        for (String scheme : List.of("", "file:", "file://")) {
            assertThat(resolved(scheme + directory + "/a b%20:c/./x/../y"))
                    .isEqualTo("file:" + directory + "/a b%20:c/y");
        }
        assertThat(resolved("target/x")).isEqualTo("file:" + Path.of("target/x").toAbsolutePath());
    }

    @Test
    void linksAreFollowedThroughChains() throws IOException {
        Files.createDirectories(directory.resolve("real/inner"));
        link("inner/absolute", directory.resolve("real/inner").toString());
        link("relative", "inner/absolute");
        link("up", "relative/..");
        assertThat(resolved(directory + "/relative")).isEqualTo("file:" + directory + "/real/inner");
        assertThat(resolved(directory + "/relative/new/file")).isEqualTo("file:" + directory + "/real/inner/new/file");
        assertThat(resolved(directory + "/up/new")).isEqualTo("file:" + directory + "/real/new");
    }

    @Test
    void aDanglingLinkMeansTheThingThatItPointsTo() throws IOException {
        Files.createDirectory(directory.resolve("sub"));
        link("first", "sub/second");
        link("sub/second", "../missing/third");
        assertThat(resolved(directory + "/first")).isEqualTo("file:" + directory + "/missing/third");
        assertThat(resolved(directory + "/first/below")).isEqualTo("file:" + directory + "/missing/third/below");
    }

    @Test
    void linksInACircleAreAnError() throws IOException {
        link("a", "b");
        link("b", "a");
        assertThatThrownBy(() -> resolved(directory + "/a"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(directory + "/a")
                .hasMessageContaining("symbolic links");
        assertThatThrownBy(() -> resolved(directory + "/a/below")).isInstanceOf(IOException.class);
    }

    @Test
    void otherFileSystemsAreQualifiedOnly() throws IOException {
        Files.createDirectory(directory.resolve("real"));
        link("link", "real");
        assertThat(resolved("faulty:" + directory + "/link")).isEqualTo("faulty:" + directory + "/link");
    }

    @Test
    void aFolderThatCannotBeMadeSaysWhy() throws IOException {
        Configuration configuration = FaultyFileSystem.configuration();
        org.apache.hadoop.fs.Path tooLong = new org.apache.hadoop.fs.Path(directory + "/" + "n".repeat(300));
        assertThatThrownBy(() -> HadoopFiles.makeFolder(HadoopFiles.fileSystem(tooLong, configuration), tooLong))
                .isInstanceOf(IOException.class)
                .hasMessage(tooLong + ": File name too long");
        org.apache.hadoop.fs.Path refused = new org.apache.hadoop.fs.Path("faulty:" + directory + "/refused");
        FaultyFileSystem.failAt(1, FaultyFileSystem.Fault.REFUSES);
        assertThatThrownBy(() -> HadoopFiles.makeFolder(HadoopFiles.fileSystem(refused, configuration), refused))
                .isInstanceOf(IOException.class)
                .hasMessage("the file system did not make the folder " + refused);
    }

    private void link(String name, String to) throws IOException {
        Path link = directory.resolve(name);
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, Path.of(to));
    }

    private static String resolved(String path) throws IOException {
        Configuration configuration = FaultyFileSystem.configuration();
        return HadoopFiles.resolve(new org.apache.hadoop.fs.Path(path), configuration)
                .toString();
    }

    @Test
    void spellingsOfAPlaceInHdfsAreOne() throws IOException {
        for (String spelling : List.of("/x/y", "hdfs:///x/y/", "hdfs://host:8020/x/y")) {
            assertThat(inHdfs(spelling)).isEqualTo(inHdfs("hdfs://host/x/y"));
        }
        assertThat(inHdfs("hdfs://host:9000/x/y")).isNotEqualTo(inHdfs("/x/y"));
        assertThat(inHdfs("file:/x/y")).isNotEqualTo(inHdfs("/x/y"));
    }

    private static org.apache.hadoop.fs.Path inHdfs(String path) throws IOException {
        return HadoopFiles.identity(new org.apache.hadoop.fs.Path(path), HdfsStandIn.configuration());
    }
}
