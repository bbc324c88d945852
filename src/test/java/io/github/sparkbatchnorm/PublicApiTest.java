package io.github.sparkbatchnorm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The public and protected signatures of the packages that are API, compared with those in {@code api.txt}. Where they
 * differ, the new text is in {@code target/api.txt}: copy it, and add a line to {@code src/site/markdown/changes.md}.
 */
final class PublicApiTest {
    private static final Path RECORDED = Path.of("src/test/resources/api.txt");
    private static final Path FOUND = Path.of("target/api.txt");
    private static final Path CLASSES = Path.of("target/classes");

    private static List<String> found;

    @BeforeAll
    static void readClasses() throws IOException {
        found = new ArrayList<>();
        for (Class<?> type : types()) {
            found.add(signature(type));
            members(type).map(member -> "    " + member).forEach(found::add);
        }
        Files.write(FOUND, found);
    }

    @Test
    void theSignaturesAreThoseOnRecord() throws IOException {
        assertThat(found)
                .describedAs("see %s; a change of it is a line in changes.md", FOUND)
                .isEqualTo(Files.readAllLines(RECORDED));
    }

    @Test
    void noSignatureNamesAClassThatIsNoApi() {
        assertThat(found)
                .hasSizeGreaterThan(200)
                .noneMatch(line ->
                        line.matches(".*\\b(spark\\.(codec|digest|rows|scan|transform|shims)|jobs|examples)\\..*"));
    }

    /** Public and protected types, also those inside others, in the order of their names. */
    private static List<Class<?>> types() throws IOException {
        List<Class<?>> types = new ArrayList<>();
        for (String name : ArchitectureTest.API_OF_ALL_JARS) {
            Path folder = CLASSES.resolve((ArchitectureTest.ROOT + "." + name).replace('.', '/'));
            try (Stream<Path> files = Files.list(folder)) {
                files.map(file -> CLASSES.relativize(file).toString())
                        .filter(file -> file.endsWith(".class") && !file.endsWith("package-info.class"))
                        .map(file -> load(file.replace(".class", "").replace('/', '.')))
                        .filter(PublicApiTest::isOpen)
                        .sorted((a, b) -> a.getName().compareTo(b.getName()))
                        .forEach(types::add);
            }
        }
        return types;
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, PublicApiTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isOpen(Class<?> type) {
        Class<?> outer = type.getEnclosingClass();
        return !type.isAnonymousClass() && isOpen(type.getModifiers()) && (outer == null || isOpen(outer));
    }

    private static boolean isOpen(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    private static String signature(Class<?> type) {
        String parents = Stream.concat(
                        Stream.ofNullable(type.getGenericSuperclass()), Arrays.stream(type.getGenericInterfaces()))
                .map(Type::getTypeName)
                .filter(name -> !name.equals("java.lang.Object"))
                .sorted()
                .collect(Collectors.joining(", "));
        return (type.toGenericString() + (parents.isEmpty() ? "" : " : " + parents))
                .replace(ArchitectureTest.ROOT + ".", "")
                .replace("java.lang.", "");
    }

    /** Declared by a type, or inherited from one that cannot be seen. */
    private static Stream<String> members(Class<?> type) {
        List<Member> members = new ArrayList<>();
        for (Class<?> at = type; at != null && (at == type || !isOpen(at.getModifiers())); at = at.getSuperclass()) {
            members.addAll(Arrays.asList(at.getDeclaredFields()));
            members.addAll(Arrays.asList(at.getDeclaredMethods()));
            if (at == type) {
                members.addAll(Arrays.asList(at.getDeclaredConstructors()));
            }
        }
        return members.stream()
                .filter(member -> isOpen(member.getModifiers()) && !member.isSynthetic())
                .map(member -> signature(member)
                        .replace(" " + member.getDeclaringClass().getTypeName() + ".", " ")
                        .replace(ArchitectureTest.ROOT + ".", "")
                        .replace("java.lang.", ""))
                .distinct()
                .sorted();
    }

    private static String signature(Member member) {
        if (member instanceof Field field) {
            return field.toGenericString();
        }
        return member instanceof Method method ? method.toGenericString() : ((Constructor<?>) member).toGenericString();
    }
}
