#!/bin/sh
# Installs Hearth as a service, upgrades it, or takes the last upgrade back. Notes: docs/install.md
#
#   sudo systemd/install.sh         install this version, or upgrade to it
#   sudo systemd/install.sh back    go back to the version before
#
# Each version lives in a folder of its own; what runs is what /opt/hearth/current points to. A
# version that cannot use the config file or the database is never switched to.
set -eu
umask 022
PATH=$PATH:/usr/sbin:/sbin

HOME_DIR=/opt/hearth
CONFIG=/etc/hearth/hearth.yaml
SOURCE=$(cd "$(dirname "$0")/.." && pwd)
PYTHON=${PYTHON:-python3}

say() { printf '%s\n' "$*"; }
stop() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

switch_to() {
    [ ! -e "$HOME_DIR/current" ] ||
        ln -sfn "$(readlink -f "$HOME_DIR/current")" "$HOME_DIR/previous"
    ln -sfn "$1" "$HOME_DIR/next"
    mv -T "$HOME_DIR/next" "$HOME_DIR/current"
    install -D -m 0644 "$1/hearth.service" /etc/systemd/system/hearth.service
    ln -sfn "$HOME_DIR/current/bin/hearth" /usr/local/bin/hearth
    [ -d /run/systemd/system ] || return 0
    systemctl daemon-reload
    systemctl try-restart hearth ||
        stop "the new one does not start: journalctl -u hearth -n 50. Remedy: $0 back"
}

forget_old() {
    for old in "$HOME_DIR"/releases/*; do
        case $old in
            "$(readlink -f "$HOME_DIR/current")" | "$(readlink -f "$HOME_DIR/previous")") ;;
            *) rm -rf "$old" ;;
        esac
    done
}

check_with() {
    [ -e "$CONFIG" ] || return 0
    CREDENTIALS_DIRECTORY=/etc/hearth/credentials "$1/bin/hearth" check -c "$CONFIG"
}

make_release() {
    say "Building $release; on a small machine this takes some minutes"
    "$PYTHON" -m venv "$release"
    pip() { "$release/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
    # The builder comes from the same lock as everything else: nothing unhashed is downloaded.
    awk '/^[a-z]/ { ours = /^setuptools==/ } ours' \
        "$SOURCE/requirements/dev.txt" > "$work/build.txt"
    pip --no-deps --require-hashes -r "$SOURCE/requirements/runtime.txt" -r "$work/build.txt"
    mkdir "$work/source"
    for part in agent drivers simulators pyproject.toml README.md LICENSE; do
        cp -r "$SOURCE/$part" "$work/source/"
    done
    pip --no-deps --no-build-isolation "$work/source"
    cp "$SOURCE/systemd/hearth.service" "$release/"
}

prepare() {
    install -D -m 0644 "$SOURCE/systemd/hearth.sysusers" /etc/sysusers.d/hearth.conf
    install -D -m 0644 "$SOURCE/systemd/hearth.tmpfiles" /etc/tmpfiles.d/hearth.conf
    systemd-sysusers /etc/sysusers.d/hearth.conf
    systemd-tmpfiles --create /etc/tmpfiles.d/hearth.conf
    [ -e "$CONFIG" ] ||
        install -m 0640 -o root -g hearth "$SOURCE/config/hearth.example.yaml" "$CONFIG"
    mkdir -p "$HOME_DIR/releases"
}

install_this() {
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        stop "Hearth needs Python 3.11 or newer. Remedy: PYTHON=/usr/bin/python3.11 $0"
    "$PYTHON" -c 'import ensurepip' 2>/dev/null ||
        stop "$PYTHON has no venv. Remedy: apt install python3-venv"
    prepare
    version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$SOURCE/agent/__init__.py")
    release=$HOME_DIR/releases/$version-$(date -u +%Y%m%d-%H%M%S)
    unfinished=$release
    make_release
    runuser -u hearth -- "$release/bin/hearth" --version >/dev/null ||
        stop "the user hearth cannot run $PYTHON. Remedy: PYTHON=/usr/bin/python3 $0"
    check_with "$release" || stop "nothing was changed. Remedy: see above, then once more"
    unfinished=
    switch_to "$release"
    forget_old
    say "Hearth $version is in place. Edit $CONFIG; hearth check; systemctl enable --now hearth"
}

go_back() {
    [ -e "$HOME_DIR/previous" ] || stop "there is no version before this one in $HOME_DIR"
    previous=$(readlink -f "$HOME_DIR/previous")
    check_with "$previous" || stop "nothing was changed. Remedy: see above. A copy from before the
upgrade is put back with
    systemctl stop hearth
    $HOME_DIR/previous/bin/hearth restore /var/lib/hearth/hearth.db.schema-NNNN
and then once more: $0 back"
    switch_to "$previous"
    say "$("$HOME_DIR/current/bin/hearth" --version) is in place again"
}

work=$(mktemp -d)
unfinished=
trap 'rm -rf "$work" ${unfinished:+"$unfinished"}' EXIT
trap 'exit 1' INT TERM
[ "$(id -u)" = 0 ] || stop "this needs root. Remedy: sudo $0 $*"
case "${1:-}" in
    "") install_this ;;
    back) go_back ;;
    *) stop "usage: $0 [back]" ;;
esac
