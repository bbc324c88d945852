package io.github.sparkbatchnorm;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyDependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** Which packages use which: each only those below it. */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
    static final String ROOT = "io.github.sparkbatchnorm";

    private static final String STATS = ROOT + ".stats..";
    private static final String LAYER = ROOT + ".layer..";
    private static final String IO = ROOT + ".io..";
    private static final String SHIMS = ROOT + ".spark.shims..";
    private static final String JOBS = ROOT + ".jobs..";

    /** The packages that are API: what programs, and all that is built on {@code spark}, may use. */
    static final List<String> API = List.of("spark", "spark.training", "spark.tensor", "io", "layer", "stats");

    /** The library's, with what nothing is built on, and the assertions, which are in a jar of their own. */
    static final List<String> API_OF_ALL_JARS = with(API, List.of("ml", "testing"));

    /** Every package, with the packages that it may use; those that do not exist yet have their place already. */
    private static final Map<String, List<String>> USES = Map.ofEntries(
            entry("stats", List.of()),
            entry("layer", List.of("stats")),
            entry("io", List.of("layer", "stats")),
            entry("report", List.of("layer", "stats")),
            entry("spark.shims", List.of()),
            entry("spark.files", List.of()),
            entry("spark.meter", List.of("spark.shims")),
            entry("spark.tensor", List.of("layer", "stats")),
            entry("spark.digest", List.of("spark.rows", "spark.shims", "layer")),
            entry("spark.codec", List.of("spark.tensor", "spark.shims", "layer", "stats")),
            entry("spark.rows", List.of("spark.codec", "spark.tensor", "spark.shims", "layer", "stats")),
            entry("spark.scan", List.of("spark.rows", "spark.codec", "spark.tensor", "spark.shims", "layer", "stats")),
            entry(
                    "spark.transform",
                    List.of(
                            "spark.scan",
                            "spark.rows",
                            "spark.codec",
                            "spark.tensor",
                            "spark.shims",
                            "layer",
                            "stats")),
            entry(
                    "spark.training",
                    List.of(
                            "spark.transform",
                            "spark.scan",
                            "spark.rows",
                            "spark.codec",
                            "spark.tensor",
                            "spark.shims",
                            "layer",
                            "stats")),
            entry("spark", List.of("spark..", "io", "layer", "stats")),
            entry("examples", API),
            entry("ml", with(List.of("jobs.work", "jobs.console", "sql.state"), API)),
            entry("sql", with(List.of("sql.."), API)),
            entry("sql.tensor", with(List.of("spark.transform"), API)),
            entry("sql.state", with(List.of("sql.number", "sql.tensor"), API)),
            entry("sql.number", API),
            entry(
                    "sql.procedure",
                    with(
                            List.of(
                                    "jobs.work",
                                    "jobs.result",
                                    "jobs.data",
                                    "jobs.publish",
                                    "jobs.console",
                                    "sql.state",
                                    "spark.shims"),
                            API)),
            entry("streaming", API),
            entry("regression.exact", List.of()),
            entry("regression.generate", with(List.of("regression.exact"), API)),
            entry("regression.audit", with(List.of("regression.exact", "spark.shims"), API)),
            entry("regression.rows", with(List.of("regression.exact"), API)),
            entry("regression.engine", with(List.of("regression.exact", "spark.meter", "spark.shims"), API)),
            entry("regression.suite", with(List.of("regression.generate"), API)),
            entry(
                    "regression",
                    with(
                            List.of(
                                    "regression.exact",
                                    "regression.generate",
                                    "regression.rows",
                                    "regression.engine",
                                    "regression.suite"),
                            API)),
            entry("regression.report", List.of("regression", "regression.engine", "layer")),
            entry("testing", API),
            entry("jobs.console", List.of("layer")),
            entry("jobs.publish", with(List.of("jobs.console", "spark.files"), API)),
            entry("jobs.data", with(List.of("jobs.publish", "jobs.console", "spark.shims", "spark.rows"), API)),
            entry(
                    "jobs.result",
                    with(
                            List.of(
                                    "jobs.publish",
                                    "jobs.data",
                                    "jobs.console",
                                    "regression.generate",
                                    "regression.exact",
                                    "spark.meter",
                                    "spark.shims"),
                            API)),
            entry("jobs.work", with(List.of("jobs.result", "jobs.data", "jobs.publish", "jobs.console"), API)),
            entry("jobs.bench", with(List.of("ml", "jobs.result", "jobs.data", "jobs.publish", "jobs.console"), API)),
            entry("jobs.state", with(List.of("jobs.result", "jobs.data", "jobs.publish", "jobs.console"), API)),
            entry(
                    "jobs",
                    with(
                            List.of(
                                    "jobs..",
                                    "ml",
                                    "sql",
                                    "streaming",
                                    "regression..",
                                    "report",
                                    "examples",
                                    "spark.meter"),
                            API)));

    private static List<String> with(List<String> own, List<String> others) {
        return Stream.concat(own.stream(), others.stream()).toList();
    }

    private static final String[] JDK = {"java..", "javax..", "jdk.incubator.vector..", "org.jspecify.annotations.."};

    @ArchTest
    static void everyPackageUsesOnlyThoseBelowIt(JavaClasses classes) {
        USES.forEach((name, used) -> {
            Stream<String> allowed =
                    Stream.concat(Stream.of(ROOT + "." + name), used.stream().map(u -> ROOT + "." + u));
            classes()
                    .that()
                    .resideInAPackage(ROOT + "." + name)
                    .should(onlyDependOnClassesThat(
                            resideOutsideOfPackage(ROOT + "..").or(resideInAnyPackage(allowed.toArray(String[]::new)))))
                    .allowEmptyShould(true)
                    .check(classes);
        });
    }

    @ArchTest
    static final ArchRule everyClassIsInAKnownPackage = classes()
            .should()
            .resideInAnyPackage(USES.keySet().stream().map(p -> ROOT + "." + p).toArray(String[]::new));

    @ArchTest
    static void noPackageHasMoreThan25Classes(JavaClasses classes) {
        assertThat(classes.stream()
                        .filter(JavaClass::isTopLevelClass)
                        .filter(c -> !c.getSimpleName().equals("package-info"))
                        .collect(groupingBy(JavaClass::getPackageName, counting())))
                .isNotEmpty()
                .allSatisfy((name, count) -> assertThat(count).describedAs(name).isLessThanOrEqualTo(25));
    }

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching(ROOT + ".(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule statsNeedsOnlyTheJdk =
            classes().that().resideInAPackage(STATS).should(onlyDependOnClassesThat(in(JDK, STATS)));

    @ArchTest
    static final ArchRule layerNeedsOnlyTheJdkAndStats =
            classes().that().resideInAPackage(LAYER).should(onlyDependOnClassesThat(in(JDK, STATS, LAYER)));

    @ArchTest
    static final ArchRule ioNeedsOnlyTheJdkAndAJsonLibrary = classes()
            .that()
            .resideInAPackage(IO)
            .should(onlyDependOnClassesThat(in(JDK, STATS, LAYER, IO, "com.fasterxml.jackson..")));

    @ArchTest
    static final ArchRule testingNeedsOnlyTheLibraryAndSpark = classes()
            .that()
            .resideInAPackage(ROOT + ".testing..")
            .should(onlyDependOnClassesThat(in(JDK, ROOT + "..", "org.apache.spark.sql..")));

    /** Input and output use Spark's internals, too: which files a plan reads, and the writer of arrays. */
    @ArchTest
    static final ArchRule ofTheRowsJobsUseOnlyTheirText = noClasses()
            .that()
            .resideInAPackage(JOBS)
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT + ".spark.rows..").and(not(simpleName("RowText"))));

    /**
     * Users of the library do not have the command line's library: SQL runs jobs without it. Annotations whose classes
     * are missing are ignored.
     */
    @ArchTest
    static final ArchRule ofTheCommandLinesLibraryJobsUseOnlyAnnotations = noClasses()
            .that(resideInAnyPackage(
                            ROOT + ".jobs.work..",
                            ROOT + ".jobs.data..",
                            ROOT + ".jobs.publish..",
                            ROOT + ".jobs.result..",
                            ROOT + ".jobs.console..",
                            ROOT + ".sql..")
                    .and(not(simpleName("SparkCommand"))))
            .should(new ArchCondition<JavaClass>("use more than annotations of picocli") {
                @Override
                public void check(JavaClass used, ConditionEvents events) {
                    used.getDirectDependenciesFromSelf().stream()
                            .filter(d -> d.getTargetClass().getPackageName().startsWith("picocli"))
                            .filter(d -> !d.getTargetClass().isAnnotation())
                            .filter(d -> !d.getDescription().contains(" has annotation member "))
                            .forEach(d -> events.add(SimpleConditionEvent.satisfied(d, d.getDescription())));
                }
            });

    @ArchTest
    static void everyPackageThatIsNoApiSaysSo(JavaClasses classes) throws IOException {
        for (JavaPackage javaPackage : classes.getPackage(ROOT).getSubpackagesInTree()) {
            String name = javaPackage.getRelativeName();
            String path = javaPackage.getName().replace('.', '/');
            Path info = Path.of("src/main/java", path, "package-info.java");
            if (!javaPackage.getClasses().isEmpty()) {
                String below = javaPackage.getName().substring(ROOT.length() + 1);
                assertThat(Files.readString(info).contains("No API"))
                        .describedAs(info + " says that " + name + " is no API")
                        .isEqualTo(!API_OF_ALL_JARS.contains(below));
            }
        }
    }

    @ArchTest
    static final ArchRule onlyShimsUseInternalsOfSparkAndParquet = noClasses()
            .that(resideOutsideOfPackage(SHIMS))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.spark.sql.execution..", "org.apache.parquet..")
            .because("these change with each version");

    @ArchTest
    static final ArchRule onlyJobsPrint = noClasses()
            .that(resideOutsideOfPackage(JOBS))
            .should(ACCESS_STANDARD_STREAMS)
            .because("printing is the command line's business");

    @ArchTest
    static final ArchRule onlyJobsExit =
            noClasses().that(resideOutsideOfPackage(JOBS)).should().callMethod(System.class, "exit", int.class);

    @ArchTest
    static final ArchRule onlyJobsBuildSessions = noClasses()
            .that(resideOutsideOfPackage(JOBS))
            .should()
            .callMethodWhere(describe("SparkSession.builder() is called", ArchitectureTest::buildsASession))
            .because("a library uses the session it is given");

    @ArchTest
    static void everyPackageSaysItsNullness(JavaClasses classes) {
        assertThat(classes.getPackage(ROOT).getSubpackagesInTree())
                .filteredOn(p -> !p.getClasses().isEmpty())
                .isNotEmpty()
                .allSatisfy(p -> assertThat(p)
                        .describedAs("package-info of %s", p.getName())
                        .matches(ArchitectureTest::isNullMarked, "has @NullMarked"));
    }

    private static boolean isNullMarked(JavaPackage javaPackage) {
        return javaPackage.isAnnotatedWith(NullMarked.class);
    }

    private static boolean buildsASession(JavaCall<?> call) {
        return call.getTarget().getName().equals("builder")
                && call.getTarget()
                        .getOwner()
                        .getName()
                        .matches("org\\.apache\\.spark\\.sql\\.(.+\\.)?SparkSession\\$?");
    }

    private static DescribedPredicate<com.tngtech.archunit.core.domain.JavaClass> in(String[] jdk, String... packages) {
        return resideInAnyPackage(jdk).or(resideInAnyPackage(packages));
    }
}
