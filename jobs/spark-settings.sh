# Functions of jobs/batchnorm that read and check Spark's settings before Spark starts.

# Refuses a setting that Spark would refuse with a stack trace, or the JVM with a message of its own.
check() { # OPTION_OR_KEY VALUE HOW_IT_WAS_GIVEN
    local pattern= expected=
    case $1 in
        --master | spark.master)
            pattern='^(local(\[ *([0-9]+|\*) *(, *[0-9]+ *)?\])?|local-cluster\[[0-9 ]+,[0-9 ]+,[0-9 ]+\]'
            pattern+='|spark://.+:[0-9]+|yarn|k8s://.+)$'
            expected='local, local[N], spark://HOST:PORT, yarn or k8s://HOST:PORT'
            ;;
        --deploy-mode | spark.submit.deployMode)
            pattern='^(client|cluster)$'
            expected='client or cluster'
            ;;
        --driver-memory | spark.driver.memory | --executor-memory | spark.executor.memory)
            pattern='^0*[1-9][0-9]*[kKmMgGtTpP]?[bB]?$'
            expected='a size such as 512m or 4g'
            ;;
        --driver-cores | --executor-cores | --total-executor-cores | spark.driver.cores | spark.executor.cores | spark.cores.max)
            pattern='^0*[1-9][0-9]*$'
            expected='a number of cores'
            ;;
        --num-executors | spark.executor.instances)
            pattern='^[0-9]+$'
            expected='a number of executors'
            ;;
        --packages | spark.jars.packages)
            pattern='^([^:/,]+[:/][^:/,]+[:/][^:/,]+(,|$))+$'
            expected='GROUP:ARTIFACT:VERSION, or several with commas between'
            ;;
        --remote | spark.remote) fail 2 "$3 is Spark Connect, on which these jobs cannot run; use --master" ;;
        --driver-java-options | spark.driver.extraJavaOptions | spark.driver.defaultJavaOptions)
            case " $2" in
                *[[:space:]\"\']-Xmx*) fail 2 "$3; give the driver's heap as --driver-memory" ;;
            esac
            ;;
    esac
    [ -z "$pattern" ] || [[ $2 =~ $pattern ]] || fail 2 "$3; expected $expected"
}

# Refuses files that do not exist, in a list separated by commas.
check_files() { # VALUE HOW_IT_WAS_GIVEN
    local path
    while IFS= read -r -d , path; do
        path=${path%%#*} # what follows is a name for the job
        case $path in
            '' | *:* | *[*?[{]*) ;; # on any file system, or a pattern
            *) [ -e "$path" ] || fail 2 "$2: there is no $path" ;;
        esac
    done <<< "$1,"
}

# Refuses a heap that the JVM would refuse: it knows fewer units than Spark, and complains on stdout.
check_heap() { # VALUE HOW_IT_WAS_GIVEN
    local mebibytes
    [[ $1 =~ ^0*([1-9][0-9]{0,11})([kKmMgGtT]?)$ ]] || fail 2 "$2; expected a size such as 512m or 4g"
    mebibytes=${BASH_REMATCH[1]}
    case ${BASH_REMATCH[2]} in
        '') mebibytes=$((mebibytes / 1024 / 1024)) ;;
        k | K) mebibytes=$((mebibytes / 1024)) ;;
        g | G) mebibytes=$((mebibytes * 1024)) ;;
        t | T) mebibytes=$((mebibytes * 1024 * 1024)) ;;
    esac
    [ $mebibytes -ge 450 ] || fail 2 "$2; Spark needs 450m or more"
}

# Prints a setting from the files that Spark reads; nothing if none has it.
setting() { # KEY
    local file value
    for file in "${files[@]}"; do
        if [ -r "$file" ]; then
            value=$(sed -n "s/^[[:space:]]*$1[[:space:]=:][[:space:]=:]*//p" "$file" | tail -n 1)
            value=${value%"${value##*[![:space:]]}"}
            [ -z "$value" ] || break
        fi
    done
    printf '%s\n' "${value-}"
}

# Prints the memory of this machine, or the limit that control groups (version 1 or 2) set for a container, in MiB.
memory() {
    local memory name limit controllers group limits
    if [ -r /proc/meminfo ]; then
        read -r name memory name < /proc/meminfo # MemTotal: N kB
        memory=$((memory / 1024))
    else
        memory=$(($(sysctl -n hw.memsize 2> /dev/null || echo 0) / 1024 / 1024))
    fi
    if [ -r /proc/self/cgroup ]; then
        while IFS=: read -r name controllers group; do
            case ,$controllers, in
                ,,) limits=/sys/fs/cgroup/GROUP/memory.max ;;
                *,memory,*) limits=/sys/fs/cgroup/memory/GROUP/memory.limit_in_bytes ;;
                *) continue ;;
            esac
            # A limit holds for all groups below. A container often sees only the root of the path.
            while :; do
                limit=$(cat "${limits/GROUP/$group}" 2> /dev/null) || limit=max
                if [ "$limit" != max ] && [ $((limit / 1024 / 1024)) -lt $memory ]; then
                    memory=$((limit / 1024 / 1024))
                fi
                [ -n "$group" ] || break
                group=${group%/*}
            done
        done < /proc/self/cgroup
    fi
    printf '%s\n' "$memory"
}

# Prints the driver's heap in local mode: half of the memory, but not less than Spark's own default, nor so much that the JVM's
# references would take twice the space.
local_heap() {
    local mebibytes=$(($(memory) / 2))
    [ $mebibytes -ge 1024 ] || mebibytes=1024
    [ $mebibytes -le 31744 ] || mebibytes=31744
    printf '%sm\n' $mebibytes
}
