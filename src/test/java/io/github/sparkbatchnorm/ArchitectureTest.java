package io.github.sparkbatchnorm;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyDependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.jspecify.annotations.NullMarked;

/** The arrows between the packages: {@code jobs -> spark -> io -> layer -> stats}. */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
    static final String ROOT = "io.github.sparkbatchnorm";

    private static final String STATS = ROOT + ".stats..";
    private static final String LAYER = ROOT + ".layer..";
    private static final String IO = ROOT + ".io..";
    private static final String SPARK = ROOT + ".spark..";
    private static final String EXAMPLES = ROOT + ".examples..";
    private static final String JOBS = ROOT + ".jobs..";
    private static final String[] JDK = {"java..", "javax..", "jdk.incubator.vector..", "org.jspecify.annotations.."};

    @ArchTest
    static final ArchRule arrowsPointOneWay = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("stats")
            .definedBy(STATS)
            .layer("layer")
            .definedBy(LAYER)
            .layer("io")
            .definedBy(IO)
            .layer("spark")
            .definedBy(SPARK)
            .layer("examples")
            .definedBy(EXAMPLES)
            .layer("jobs")
            .definedBy(JOBS)
            .whereLayer("jobs")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("examples")
            .mayOnlyBeAccessedByLayers("jobs")
            .whereLayer("spark")
            .mayOnlyBeAccessedByLayers("jobs", "examples")
            .whereLayer("io")
            .mayOnlyBeAccessedByLayers("jobs", "examples", "spark")
            .whereLayer("layer")
            .mayOnlyBeAccessedByLayers("jobs", "examples", "spark", "io")
            .whereLayer("stats")
            .mayOnlyBeAccessedByLayers("jobs", "examples", "spark", "io", "layer");

    @ArchTest
    static final ArchRule everyClassIsInAKnownPackage =
            classes().should().resideInAnyPackage(STATS, LAYER, IO, SPARK, EXAMPLES, JOBS);

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
