#!/bin/sh
# Installs the editors that tests drive, below the folder FOLDER: `tests/editors/install.sh FOLDER`.
#
# VS Code comes as code-server from npm, where nothing else is needed from elsewhere: install scripts that download are
# left out, native modules are built here, ripgrep is the system's. The driver of Chromium comes with it.
set -eu
folder=$1
version=4.100.3
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if [ -f "$folder/installed" ] && [ "$(cat "$folder/installed")" = "$version" ]; then
    exit 0
fi
rm -rf "$folder/code-server"
mkdir -p "$folder/code-server"
cd "$folder/code-server"
echo '{ "private": true }' >package.json
quiet="--no-audit --no-fund --loglevel=error"
# shellcheck disable=SC2086 # several words
npm install $quiet --ignore-scripts "code-server@$version" >/dev/null
npm rebuild --loglevel=error argon2 >/dev/null
cd node_modules/code-server/lib/vscode
# shellcheck disable=SC2086
npm install $quiet --omit=dev --ignore-scripts >/dev/null
npm_config_yes=true npm rebuild --loglevel=error \
    @parcel/watcher @vscode/deviceid @vscode/spdlog native-watchdog kerberos node-pty >/dev/null
mkdir -p node_modules/@vscode/ripgrep/bin
ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
rm -rf node_modules.asar
ln -s node_modules node_modules.asar
ln -sf code-server-linux.sh bin/remote-cli/code-server
ln -sf browser-linux.sh bin/helpers/browser.sh
cd extensions
# shellcheck disable=SC2086
npm install $quiet --omit=dev --ignore-scripts >/dev/null
"$folder/code-server/node_modules/.bin/code-server" --version >/dev/null
cd "$here"
npm ci --no-audit --no-fund --loglevel=error >/dev/null
echo "$version" >"$folder/installed"
