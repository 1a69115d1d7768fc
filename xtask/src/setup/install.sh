#!/bin/sh
# Installs Debian packages whose services are not wanted: the tests start the programs themselves, on ports of their own.
# Usage, as root: sh install.sh PACKAGE…
set -eu
export DEBIAN_FRONTEND=noninteractive

# Packages ask this program before they start a service; 101 forbids it. Where there is one already it stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

apt-get update
apt-get install -y --no-install-recommends "$@"

# Nor are they to start with the machine.
if [ -d /run/systemd/system ]; then
    for package in "$@"; do
        if [ -e "/lib/systemd/system/$package.service" ]; then
            systemctl disable "$package.service"
        fi
    done
fi
