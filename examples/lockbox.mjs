#!/usr/bin/env node
// A client of Customer Lockbox in Node, without any package.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

const USAGE = `usage: lockbox.mjs pending                             what waits for a decision
       lockbox.mjs show REQUEST                        one request, as JSON
       lockbox.mjs decide REQUEST DECISION [COMMENT]   Approve, Deny or Cancel
       lockbox.mjs audit [FROM]                        the audit log from a sequence number on, as JSON lines
       lockbox.mjs follow [FROM]                       the same, and then what comes, until Ctrl-C
LOCKBOX_URL (default http://127.0.0.1:8420), LOCKBOX_TOKEN, LOCKBOX_CA (file of an own CA)
exit codes: 0 done, 1 the daemon said no, 64 wrong usage, 66 not found, 69 cannot be reached, 74 nobody reads
            any more, 75 try again later`;

const { LOCKBOX_URL = "http://127.0.0.1:8420", LOCKBOX_TOKEN = "", LOCKBOX_CA } = process.env;
const STATUS = { notFound: 66, busy: 75, outcomeUnknown: 75 };

class Failure extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** The answer of one call; rejects where there is none. (fetch takes no CA of its own.) */
function post(body) {
  return new Promise((resolve, reject) => {
    const tls = LOCKBOX_URL.startsWith("https:");
    const asked = (tls ? https : http).request(`${LOCKBOX_URL}/rpc`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${LOCKBOX_TOKEN}` },
      ca: tls && LOCKBOX_CA ? readFileSync(LOCKBOX_CA) : undefined,
      timeout: 30_000,
    }, async (answer) => {
      try {
        const text = (await answer.toArray()).join("");
        if (answer.statusCode === 200) resolve(JSON.parse(text));
        else {
          const busy = [429, 503].includes(answer.statusCode);
          reject(Object.assign(new Error(`HTTP ${answer.statusCode} ${text}`), { busy, final: !busy }));
        }
      } catch (fault) {
        reject(fault);
      }
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within 30 s")));
    asked.on("error", reject);
    asked.end(JSON.stringify(body));
  });
}

/**
 * The result of a method. A call without an answer is repeated: that is safe, because reads change
 * nothing, and the one write here has an idempotency key, by which it is done once.
 */
async function call(method, params) {
  for (let left = 2; ; left--) {
    let wait = 1;
    try {
      const { result, error } = await post({ jsonrpc: "2.0", id: 1, method, params });
      if (!error) return result;
      const status = STATUS[error.data.code] ?? 1;
      if (status !== 75 || left === 0) throw new Failure(status, `${error.data.message} ${error.data.remedy}`);
      wait = error.data.retryAfterSeconds ?? 1;
    } catch (fault) {
      if (fault instanceof Failure) throw fault;
      if (left === 0 && fault.busy) throw new Failure(75, `${LOCKBOX_URL} is busy (${fault.message}): try again later.`);
      if (left === 0 || fault.final || /CERT|VERIFY|ENOENT/.test(fault.code)) {
        throw new Failure(69, `${LOCKBOX_URL} cannot be reached (${fault.message || fault.code}): see LOCKBOX_URL and LOCKBOX_CA, and whether lockboxd runs.`);
      }
    }
    await sleep(wait * 1000);
  }
}

async function pending() {
  for (let cursor; cursor !== null; ) {
    const page = await call("request.list", { approvalStatus: "Pending", cursor });
    for (const one of page.requests) {
      console.log([one.requestId, one.expirationDate, one.serviceName, one.reason].join("\t"));
    }
    cursor = page.nextCursor;
  }
}

async function show(requestId) {
  console.log(JSON.stringify((await call("request.get", { requestId })).request, null, 2));
}

async function decide(requestId, decision, comment = "") {
  const { request } = await call("request.decide", { requestId, decision, comment, idempotencyKey: randomUUID() });
  console.log(request.requestId, request.state);
}

/**
 * Sequence numbers have no gap, so the next record has the next number; gives that number. The record
 * before has to be there: in the shorter log that a restore begins, one would wait for a long time, and
 * miss what came.
 */
async function audit(from = "0") {
  const before = Number(from) - 1;
  if (before >= 0) {
    await call("audit.get", { sequence: before }).catch((fault) => {
      if (fault.status === 66) fault.message = `The log has no record ${before}. If the daemon was restored from a backup, a new log has begun: start at 0.`;
      throw fault;
    });
  }
  for (let sequence = Number(from); ; sequence++) {
    try {
      console.log((await call("audit.get", { sequence })).record.auditData);
    } catch (fault) {
      if (fault.status === 66) return sequence;
      throw fault;
    }
  }
}

async function follow(from) {
  for (;;) {
    from = await audit(from);
    await sleep(2000);
  }
}

const COMMANDS = {
  pending: [pending, 0, 0],
  show: [show, 1, 1],
  decide: [decide, 2, 3],
  audit: [audit, 0, 1],
  follow: [follow, 0, 1],
};

process.stdout.on("error", () => process.exit(74));
const [name, ...given] = process.argv.slice(2);
const [command, fewest, most] = Object.hasOwn(COMMANDS, name ?? "") ? COMMANDS[name] : [];
const wrongNumber = ["audit", "follow"].includes(name) && !given.every((text) => /^\d+$/.test(text));
if (!command || given.length < fewest || given.length > most || wrongNumber) {
  console.error(USAGE);
  process.exitCode = 64;
} else {
  try {
    await command(...given);
  } catch (fault) {
    if (!(fault instanceof Failure)) throw fault;
    console.error(fault.message);
    process.exitCode = fault.status;
  }
}
