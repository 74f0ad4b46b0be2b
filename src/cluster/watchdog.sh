# Ends the servers of a polyspec that died. Started with the run folder as its argument and a pipe from polyspec as its
# standard input: the end of the pipe without the word `done` means that polyspec is gone.
trap '' HUP INT QUIT TERM
run=$1
mark=${run##*/}

word=
read -r word
[ "$word" = done ] && exit 0

# The living processes of this run: those that polyspec wrote down, and those of PostgreSQL whose title names the run.
living_in_proc() {
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    name=
    read -r name <"$folder/comm"
    case $name in
    postgres | initdb) ;;
    *) [ -e "$run/pids/$pid" ] || continue ;;
    esac
    grep -q -F -e "$mark" "$folder/cmdline" && echo "$pid"
  done
}

living_by_ps() {
  ps -axww -o pid=,command= | while read -r pid line; do
    case $line in
    *"$mark"*) ;;
    *) continue ;;
    esac
    case $line in
    postgres:* | */postgres\ * | */initdb\ *) echo "$pid" ;;
    *) [ -e "$run/pids/$pid" ] && echo "$pid" ;;
    esac
  done
}

living() {
  if [ -r /proc/self/stat ]; then living_in_proc; else living_by_ps; fi
}

# Stopped processes die of SIGKILL as well.
round=0
while
  pids=$(living)
  [ -n "$pids" ] && [ "$round" -lt 100 ]
do
  kill -KILL $pids
  round=$((round + 1))
  sleep 0.05 || sleep 1
done

# A killed PostgreSQL leaves one small segment of shared memory, named in line 7 of its pid file.
for file in "$run"/*/data/postmaster.pid; do
  set -- $(sed -n 7p "$file")
  [ -n "$2" ] && ipcrm -m "$2"
done
rm -rf "$run"
