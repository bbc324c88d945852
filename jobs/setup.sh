# Functions of jobs/batchnorm and jobs/cluster: errors, the Java that runs, and the first build. Both
# scripts have a function resolved, with which they find this file.

build= # the process that builds

fail() { # EXIT_CODE MESSAGE
    printf 'error: %s\n' "${2//$'\n'/ }" >&2
    exit "$1"
}

# Sets java to the program that runs, and refuses one of another version.
find_java() { # JAVA_HOME, or nothing
    local release version=
    if [ -n "$1" ]; then
        java=$1/bin/java
    else
        java=$(command -v java) || fail 2 "no Java is found; install a JDK 17 or 21, or set JAVA_HOME to one"
    fi
    [ -x "$java" ] || fail 2 "no Java at $java; install a JDK 17 or 21, and set JAVA_HOME to it"
    release=$(dirname "$(resolved "$java")")/../release
    if [ -r "$release" ]; then
        version=$(sed -n 's/^JAVA_VERSION="\([^"]*\)".*/\1/p' "$release")
    fi
    if [ -z "$version" ]; then # a few packages of Java have no such file
        version=$("$java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p')
    fi
    case $version in
        17 | 17[.-]* | 21 | 21[.-]*) ;;
        *) fail 2 "Java ${version:-of unknown version} at $java; expected Java 17 or 21: install one, and set JAVA_HOME to it" ;;
    esac
}

# Builds what is not built yet: $jar, and, where $embedded, the Spark at $SPARK_HOME. Says so first.
build_if_missing() {
    if [ -f "$jar" ] && { ! $embedded || [ -f "$SPARK_HOME/RELEASE" ]; }; then
        return
    fi
    command -v mvn > /dev/null || fail 1 "nothing is built yet, and there is no mvn to build with; install Maven 3.8 or later"
    if [ -f "$jar" ]; then
        echo "The embedded Spark is not there yet: adding it to $root/target, once. This takes a minute." >&2
    else
        echo "Nothing is built yet: building $root/target, once. This takes a few minutes." >&2
    fi
    # In a process group of its own, so that a signal can end all of it at once.
    set -m
    (
        set -o pipefail
        cd "$root"
        mvn -q -B -Dstyle.color=never -P embedded -Dmaven.test.skip=true -Dmaven.javadoc.skip=true package < /dev/null 2>&1 | sed $'s/\033\\[[0-9;]*m//g' >&2
    ) &
    build=$!
    set +m
    wait "$build" || fail 1 "the build failed; its messages stand above"
    build=
}

# Ends a build that is under way.
end_build() {
    [ -z "$build" ] || kill -- "-$build" 2> /dev/null || true
}
