#!/bin/sh
# Plays the model in runs of the sample pipelines: for each step it writes what the steps after it look for.
#
# Usage: model.sh [FAULT...]   with the prompt on standard input
#   NODE#VISIT    that visit does its work badly: a judge finds something, a builder leaves what a check refuses
#   NODE#VISIT!   that visit ends with exit code 1, as a model that is out of reach
set -eu

here="$ATTRACTOR_NODE_ID#$ATTRACTOR_VISIT"
good=yes
for fault; do
    case $fault in
        "$here") good=no ;;
        "$here!") exit 1 ;;
    esac
done

# A prompt without its goal would be a prompt for nobody.
prompt=$(cat)
case $prompt in
    '' | *'$goal'*) echo 'the prompt is not complete' >&2; exit 1 ;;
esac

verdict() {
    printf '{"outcome": "%s", "failure_reason": "%s", "usage": {"tokens": 10, "cost_usd": 0.01}}\n' "$1" "$2" \
        > "$ATTRACTOR_STATUS_FILE"
}

# One finding where the fault says so, and none otherwise.
judge() {
    if [ $good = yes ]; then
        echo 'nothing found' > "$1"
        verdict success ''
    else
        echo 'src/feature:1: must: it does nothing' > "$1"
        verdict fail 'one finding'
    fi
}

# A part that could not be made says so.
part() {
    if [ $good = yes ]; then
        echo "$2" > "$1"
    else
        verdict fail 'the part is not done'
    fi
}

feature() {
    mkdir -p src
    echo 'done' > src/feature
}

game() {
    mkdir -p game
    echo '<script src="rules.js"></script>' > game/index.html
    echo 'module.exports = { step: (state) => state + 1 };' > game/rules.js
    printf 'require("node:assert").strictEqual(require("./rules.js").step(1), %s);\n' "$1" > game/rules.test.js
}

requirements() {
    printf 'Who wants it.\nREQ-1: it exports.\n%s: it says when.\n' "$1" > $folder/requirements.md
}

acceptance() {
    printf '# REQ-1\ntest -f src/feature\n%s\ntrue\n' "$1" > $folder/acceptance.sh
}

documents() {
    mkdir -p docs
    echo '# Guide' > docs/guide.md
    echo '# Reference' > docs/reference.md
    changelog
}

changelog() {
    printf '# Changelog\n\n## Unreleased\n\n- exports\n' > CHANGELOG.md
}

for folder in .dotwright/change .dotwright/sprint .dotwright/lifecycle .dotwright/tour .dotwright/game; do
    [ ! -d $folder ] || break
done
case ${folder#.dotwright/}/$ATTRACTOR_NODE_ID in
    game/plan_game) mkdir -p $folder; echo '1. The snake moves.' > $folder/plan.md ;;
    game/build_game) if [ $good = yes ]; then game 2; else game 3; fi ;;
    game/review_game) judge $folder/review.md ;;
    game/repair_game) game 2 ;;

    change/plan) echo 'today, afterwards, files, tests' > $folder/plan.md ;;
    change/implement) if [ $good = yes ]; then feature; fi ;;
    change/repair) feature ;;
    change/review) judge $folder/review.md ;;
    change/revise) echo "wish: ${ATTRACTOR_CTX_HUMAN_GATE_TEXT:-none}" > "$folder/wish_$ATTRACTOR_VISIT.txt" ;;
    change/summarise) echo 'Reject unknown keys' > $folder/summary.md ;;

    sprint/plan_sprint) echo '1. The first task' > $folder/plan.md ;;
    sprint/implement_sprint) if [ $good = yes ]; then feature; fi ;;
    sprint/review_*) echo 'nothing found' > "$folder/$ATTRACTOR_NODE_ID.md" ;;
    sprint/decide) judge $folder/decision.md ;;
    sprint/address_findings) feature ;;
    sprint/close_sprint) echo '# Report' > $folder/report.md ;;

    tour/write_page)
        page=$folder/introduction.md
        echo '# Introduction' > $page
        if [ $good = yes ]; then
            printf '## Where things are\n## What happened lately\n## Where to begin\n' >> $page
        fi ;;

    lifecycle/draft_requirements) if [ $good = yes ]; then requirements REQ-2; else requirements REQ-1; fi ;;
    lifecycle/critique_requirements) judge $folder/requirements_review.md ;;
    lifecycle/revise_requirements) requirements REQ-2 ;;
    lifecycle/design_*) echo 'a design' > "$folder/$ATTRACTOR_NODE_ID.md" ;;
    lifecycle/choose_design | lifecycle/revise_design) echo 'the design' > $folder/design.md ;;
    lifecycle/review_design) judge $folder/design_review.md ;;
    lifecycle/plan_work)
        printf '## Core\n## Interface\n## Storage\n' > $folder/work.md
        if [ $good = yes ]; then echo '## Contracts' >> $folder/work.md; fi ;;
    lifecycle/build_*) part "$folder/part_${ATTRACTOR_NODE_ID#build_}.md" 'the part is done' ;;
    lifecycle/integrate_parts)
        mkdir -p src
        if [ $good = yes ]; then feature; else touch src/broken; fi ;;
    lifecycle/repair_build) rm -f src/broken ;;
    lifecycle/write_tests) if [ $good = yes ]; then acceptance '# REQ-2'; else acceptance '# later'; fi ;;
    lifecycle/repair_code) if [ -f src/feature ]; then acceptance '# REQ-2'; else feature; fi ;;
    lifecycle/model_threats) echo 'none' > $folder/threats.md ;;
    lifecycle/judge_security) judge $folder/security.md ;;
    lifecycle/correct_security) feature ;;
    lifecycle/write_user_guide) mkdir -p docs; part docs/guide.md '# Guide' ;;
    lifecycle/write_reference) mkdir -p docs; part docs/reference.md '# Reference' ;;
    lifecycle/write_changelog) changelog ;;
    lifecycle/correct_documents) documents ;;
    lifecycle/final_review) judge $folder/final_review.md ;;
    lifecycle/prepare_release) echo 'what it brings' > $folder/release.md ;;
    *) echo "no such step: $ATTRACTOR_NODE_ID" >&2; exit 1 ;;
esac

if [ ! -e "$ATTRACTOR_STATUS_FILE" ]; then verdict success ''; fi
echo "$here by ${ATTRACTOR_MODEL-no model}"
