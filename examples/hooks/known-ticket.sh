#!/usr/bin/env bash
# A decision hook: denies what names no ticket of a list; the rest is for people to decide.
#
#     [hooks.known-ticket]
#     program = "/usr/local/lib/lockbox/known-ticket.sh"
#     arguments = ["/usr/local/lib/lockbox/tickets.txt"]
#
# Needs jq. Reads the question (JSON) on standard input, writes the answer (JSON) on standard output.
set -euo pipefail

ticket=$(jq -er '.request.serviceRequestNumber')
if grep -Fxq -- "$ticket" "$1"; then
    echo '{"decision": "pass"}'
else
    jq -n --arg ticket "$ticket" '{decision: "deny", reason: "We know no ticket \($ticket)."}'
fi
