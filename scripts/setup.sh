# Sourced by ./orrery and ./test: sets up what they need and nothing twice.
# Expects $root, the repository. Messages go to standard error.

say() { printf '%s\n' "$*" >&2; }

# ensure_packages STAMP PACKAGE...: installs missing Debian packages when root, else prints the one line that would.
# The stamp makes the check free from the second time on.
ensure_packages() {
    stamp="$root/artifacts/$1"; shift
    if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$*" ]; then return 0; fi
    command -v dpkg-query >/dev/null 2>&1 || return 0 # not Debian: the commands name what they miss
    missing=
    for package in "$@"; do
        case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
            *"ok installed") ;;
            *) missing="$missing $package" ;;
        esac
    done
    if [ -n "$missing" ]; then
        line="apt-get update && apt-get install -y --no-install-recommends$missing"
        if [ "$(id -u)" != 0 ]; then
            say "orrery: some Debian packages are missing; to install them:"
            say "    sudo sh -c '$line'"
            return 1
        fi
        say "orrery: installing$missing"
        log="$root/artifacts/apt.log"
        mkdir -p "$root/artifacts"
        if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } </dev/null >"$log" 2>&1; then
            say "orrery: installing failed, the last lines of $log:"; tail -5 "$log" >&2
            return 1
        fi
    fi
    mkdir -p "$root/artifacts" && printf '%s' "$*" >"$stamp"
}

# What labs with Linux nodes and the kernel build need (ping: of nodes that see the host's programs).
runtime_packages="busybox-static iputils-ping linux-source-6.12 gcc make libc6-dev flex bison bc xz-utils patch util-linux"

# What `orrery irq conformance` needs: an emulator, and a compiler for the agent in the emulated machine.
conformance_packages="qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross"

ensure_dotnet() {
    command -v dotnet >/dev/null 2>&1 && return 0
    say "orrery: the .NET 10 SDK is needed and 'dotnet' was not found: see https://dotnet.microsoft.com/download"
    return 1
}

# ensure_built: publishes the command when a source is newer than the last build.
ensure_built() {
    out="$root/artifacts/orrery"
    if [ -e "$out/.built" ] && [ -z "$(find "$root/src" "$root/Directory.Build.props" "$root/Directory.Packages.props" \
        \( -name bin -o -name obj \) -prune -o -newer "$out/.built" -type f -print -quit)" ]; then
        return 0
    fi
    ensure_dotnet || return 1
    [ -t 2 ] && say "orrery: building ..."
    mkdir -p "$out"
    touch "$out/.building"
    log="$root/artifacts/build.log"
    if ! DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet publish "$root/src/Orrery.Cli/Orrery.Cli.csproj" -c Release -o "$out" \
        >"$log" 2>&1; then
        say "orrery: the build failed:"; grep -E 'error|warn' "$log" | sort -u | head -20 >&2
        return 1
    fi
    mv "$out/.building" "$out/.built"
}
