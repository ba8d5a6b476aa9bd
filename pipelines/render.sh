#!/bin/sh
# Draws every pipeline of this folder into images/ for README.md. Needs Graphviz.
set -eu
cd "$(dirname "$0")"
mkdir -p images
for file in *.dot; do
    dot -Tsvg "$file" -o "images/${file%.dot}.svg"
done
