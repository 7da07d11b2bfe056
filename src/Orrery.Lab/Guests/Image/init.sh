#!/bin/busybox sh
# Process 1 of a Linux node: makes the machine what the lab file says, runs its commands, tells the lab.
# It may cost no event while it waits: no timer, no polling.
# /orrery/node sets: root (a directory of the host, or nothing), after (poweroff or idle), shell (serial lines with a
# shell on them), and the function configure.

say() { echo "orrery: $*" >&9; } # to the lab; the words are in GuestControl.cs

# Processes are what a boot consists of: so one mount for all, and no search for helper programs (-i).
mount_system() {
    /orrery/busybox mount -ai -T /orrery/mounts # without /proc the shell finds none of its own commands
    mkdir /dev/pts /dev/shm
    mount -ai -T /orrery/mounts.dev
}

# The lab's consoles where there are some, else the kernel's own.
open_consoles() {
    output=/dev/console control=/dev/console
    if [ -c /dev/hvc0 ]; then output=/dev/hvc0; fi
    if [ -c /dev/hvc1 ]; then control=/dev/hvc1; fi
    exec </dev/null >$output 2>&1 9>$control
    stty raw -echo <&1 # what a program writes is what the lab gets, byte for byte
}

# The host's directory, read-only, under a layer in memory that takes the changes.
enter_root() {
    mkdir -p /lower /upper /new
    mount -i -t hostfs -o "$root" none /lower || return
    mount -i -t tmpfs tmpfs /upper
    mkdir /upper/changes /upper/work
    mount -i -t overlay -o lowerdir=/lower,upperdir=/upper/changes,workdir=/upper/work overlay /new || return
    mkdir -p /new/proc /new/sys /new/dev /new/run /new/tmp /new/root
    for directory in proc sys dev run tmp; do mount -o move /$directory /new/$directory; done
    cp -a /orrery/files/. /new/
    mkdir /new/run/orrery
    mount -o bind /orrery /new/run/orrery
    cd /new || return
    mount -o move . /
    exec /orrery/busybox chroot . /run/orrery/busybox sh /run/orrery/init entered
}

run_commands() {
    number=0 status=0
    for file in "$home"/commands/*; do
        [ -e "$file" ] || break
        number=$((number + 1))
        say start $number
        /bin/sh "$file" 9>&-
        status=$?
        say exit $number $status
        [ $status = 0 ] || break
    done
    say done $status
}

# Waits for ever and buries the dead: a reader of a pipe that nobody writes, and this shell waiting for it.
idle() {
    mkfifo /run/idle
    exec 8<>/run/idle
    while :; do
        cat <&8 >/dev/null &
        wait
    done
}

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
unset mem # a word of the kernel's command line
if [ "$1" != entered ]; then
    home=/orrery
    . $home/node
    mount_system
    open_consoles
    if [ -n "$root" ]; then
        enter_root
        say failed "the root directory $root of the host cannot be mounted"
        poweroff -f
    fi
else
    home=/run/orrery
    . $home/node
fi
cd /root 2>/dev/null || cd / # the host's own may be closed to the user who runs Orrery
configure
say ready
for line in $shell; do
    setsid sh -c "exec /bin/sh <>/dev/$line >&0 2>&1" 9>&- &
done
run_commands
[ "$after" = poweroff ] && poweroff -f
idle
