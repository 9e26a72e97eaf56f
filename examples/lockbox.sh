#!/usr/bin/env bash
# A client of Customer Lockbox in bash, with curl and jq.
set -euo pipefail

usage() {
  cat >&2 << 'END'
usage: lockbox.sh pending                             what waits for a decision
       lockbox.sh show REQUEST                        one request, as JSON
       lockbox.sh decide REQUEST DECISION [COMMENT]   Approve, Deny or Cancel
       lockbox.sh audit [FROM]                        the audit log from a sequence number on, as JSON lines
       lockbox.sh follow [FROM]                       the same, and then what comes, until Ctrl-C
LOCKBOX_URL (default http://127.0.0.1:8420), LOCKBOX_TOKEN, LOCKBOX_CA (file of an own CA)
exit codes: 0 done, 1 the daemon said no, 64 wrong usage, 66 not found, 69 cannot be reached, 74 nobody reads
            any more, 75 try again later
END
  exit 64
}

# try_call METHOD PARAMS: sets ANSWER; or ERROR, and returns the exit code for it. A call without an
# answer is repeated: that is safe, because reads change nothing, and the one write here has an
# idempotency key, by which it is done once.
try_call() {
  local body answer http status=0 code='' wait=1 try url=${LOCKBOX_URL:-http://127.0.0.1:8420}
  body=$(jq -nc --arg method "$1" --argjson params "$2" '{jsonrpc: "2.0", id: 1, method: $method, params: $params}')
  for try in 1 2 3; do
    [ "$try" = 1 ] || sleep "$wait"
    status=0 code='' wait=1
    # The token comes from a file, so that it does not stand in the list of processes.
    answer=$(curl --silent --show-error --max-time 30 ${LOCKBOX_CA:+--cacert "$LOCKBOX_CA"} \
      --config <(printf 'header = "Authorization: Bearer %s"\n' "${LOCKBOX_TOKEN:-}") \
      --header 'Content-Type: application/json' --data-binary @- --write-out '\n%{http_code}' "$url/rpc" 2>&1 <<< "$body") || status=$?
    http=${answer##*$'\n'} answer=${answer%$'\n'*}
    case $status:$http in
      0:503 | 0:429) code=busy ERROR="$url is busy (HTTP $http $answer): try again later." && continue ;;
      0:*) code=$(jq -er 'if .jsonrpc then .error.data.code // "" else error("no answer") end' <<< "$answer" 2> /dev/null) || break ;;
      60:* | 77:*) break ;; # the certificate or the CA: another try changes nothing
      *) continue ;;
    esac
    ANSWER=$answer
    [ -n "$code" ] || return 0
    ERROR=$(jq -r '.error.data | "\(.message) \(.remedy)"' <<< "$answer")
    wait=$(jq -r '.error.data.retryAfterSeconds // 1' <<< "$answer")
    case $code in
      notFound) return 66 ;;
      busy | outcomeUnknown) ;;
      *) return 1 ;;
    esac
  done
  case $code in busy | outcomeUnknown) return 75 ;; esac
  ERROR="$url cannot be reached ($answer): see LOCKBOX_URL and LOCKBOX_CA, and whether lockboxd runs."
  return 69
}

call() {
  try_call "$@" || fail $?
}

fail() {
  printf '%s\n' "$ERROR" >&2
  exit "$1"
}

pending() {
  local params='{"approvalStatus": "Pending"}'
  while :; do
    call request.list "$params"
    jq -r '.result.requests[] | [.requestId, .expirationDate, .serviceName, .reason] | @tsv' <<< "$ANSWER"
    params=$(jq -c '{approvalStatus: "Pending", cursor: .result.nextCursor}' <<< "$ANSWER")
    [ "$(jq -r '.result.nextCursor' <<< "$ANSWER")" != null ] || return 0
  done
}

show() {
  call request.get "$(jq -nc --arg id "$1" '{requestId: $id}')"
  jq '.result.request' <<< "$ANSWER"
}

decide() {
  local key
  key=$(cat /proc/sys/kernel/random/uuid)
  call request.decide "$(jq -nc --arg id "$1" --arg decision "$2" --arg comment "${3:-}" --arg key "$key" \
    '{requestId: $id, decision: $decision, comment: $comment, idempotencyKey: $key}')"
  jq -r '.result.request | "\(.requestId) \(.state)"' <<< "$ANSWER"
}

# audit FROM: sequence numbers have no gap, so the next record has the next number. The record before
# has to be there: in the shorter log that a restore begins, one would wait for a long time, and miss what came.
audit() {
  local next=$1 status=0
  [ "$next" = 0 ] || try_call audit.get "{\"sequence\": $((next - 1))}" || status=$?
  if [ "$status" = 66 ]; then ERROR="The log has no record $((next - 1)). If the daemon was restored from a backup, a new log has begun: start at 0."; fi
  [ "$status" = 0 ] || fail "$status"
  while :; do
    status=0
    try_call audit.get "{\"sequence\": $next}" || status=$?
    case $status in
      0)
        # Where nobody reads any more, this ends; a list with && would not.
        jq -r '.result.record.auditData' <<< "$ANSWER" || exit 74
        next=$((next + 1))
        ;;
      66) return 0 ;;
      *) fail "$status" ;;
    esac
    NEXT=$next
  done
}

follow() {
  NEXT=$1
  while audit "$NEXT"; do sleep 2; done
}

case "${1:-} $#" in
  'pending 1') pending ;;
  'show 2') show "$2" ;;
  'decide 3' | 'decide 4') decide "$2" "$3" "${4:-}" ;;
  'audit 1' | 'follow 1' | 'audit 2' | 'follow 2')
    [[ ${2:-0} =~ ^[0-9]{1,15}$ ]] || usage
    "$1" "$((10#${2:-0}))"
    ;;
  *) usage ;;
esac
