#!/bin/sh
# Runs a program that must not outlive its owner: guard.sh SIGNAL FOLDER PROGRAM ARGUMENT...
#
# Standard input is the owner's end of a pipe. When it closes, also because the owner was killed with SIGKILL, the
# program gets SIGNAL, SIGKILL after five seconds, and FOLDER ('' for none) is removed. The program replaces this
# shell, so the pid that the owner sees is the program's own; the watcher is its child and checks that it still is,
# so a recycled pid is never signalled.
signal=$1
folder=$2
shift 2
exec 3<&0 </dev/null

watch() {
  trap '' HUP INT TERM
  while read -r _; do :; done
  # A program that has ended by itself or was stopped: its owner lives and removes the folder.
  if ! alive; then return; fi
  end "$signal"
  tries=0
  while alive && [ "$tries" -lt 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  end KILL
  if [ -n "$folder" ]; then rm -rf "$folder"; fi
}
alive() {
  if [ -r /proc/self/stat ]; then
    read -r _ _ _ parent _ </proc/self/stat
    [ "$parent" = "$$" ] && kill -0 "$$"
  else
    kill -0 "$$"
  fi
}
end() { if alive; then kill -s "$1" "$$"; fi; }

watch <&3 >/dev/null 2>&1 3<&- &
exec "$@" 3<&-
