#!/bin/sh
# Does a model step with the command-line agent of its provider: prompt on standard input, answer on standard output.
#
# How to run it: dotwright run build-game.dot --backend "sh agents.sh"
#                with API keys by name: --backend-env ANTHROPIC_API_KEY,OPENAI_API_KEY,GEMINI_API_KEY
#
# The agents edit files and run commands without asking: give them a worktree, a container or nothing that matters.
# The status file lies in ATTRACTOR_OUT_DIR, outside of the workspace, so each of them is told that it may write there.
# Flags are those of the agents in autumn 2026; `claude --help` and the like have what holds for yours.
set -eu

model=${ATTRACTOR_MODEL:+--model=$ATTRACTOR_MODEL}
case ${ATTRACTOR_PROVIDER:-anthropic} in
    anthropic)
        exec claude -p $model --permission-mode acceptEdits --allowedTools Bash --add-dir "$ATTRACTOR_OUT_DIR" ;;
    openai)
        exec codex exec $model --sandbox workspace-write --add-dir "$ATTRACTOR_OUT_DIR" - ;;
    gemini)
        exec gemini $model --approval-mode=yolo --include-directories "$ATTRACTOR_OUT_DIR" ;;
    *)
        echo "no agent for the provider $ATTRACTOR_PROVIDER" >&2
        exit 127 ;;
esac
