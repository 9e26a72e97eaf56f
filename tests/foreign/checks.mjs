// What the Node clients have in common: the world that run.py made, the report, and the main story.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

export const world = JSON.parse(readFileSync(process.env.FOREIGN_WORLD, "utf8"));

export async function check(name, test) {
  try {
    await test();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAILED ${name}: ${JSON.stringify(String(error?.stack ?? error))}`);
  }
}

export function bearer(token) {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** A request that has arrived at the customer; `call` is (token, method, params) → result. */
export async function pending(call, ticket) {
  const { request } = await call(world.engineer, "request.submit", {
    tenant: world.tenant,
    serviceName: "Exchange",
    serviceRequestNumber: ticket,
    reason: "Mail of Zoë Hofer is not delivered – 日本",
    durationSeconds: 3600,
  });
  const reviewed = await call(world.manager, "request.review", {
    requestId: request.identity,
    decision: "Approve",
  });
  equal(reviewed.request.state, "Pending");
  return reviewed.request;
}

/** Submit, review, decide, search. */
export async function story(call) {
  const asked = await pending(call, "CLB-1");
  const waiting = await call(world.approver, "request.list", { approvalStatus: "Pending" });
  ok(waiting.requests.some((one) => one.identity === asked.identity));
  equal(asked.reason, "Mail of Zoë Hofer is not delivered – 日本");
  const decision = {
    requestId: asked.requestId,
    decision: "Approve",
    comment: "Fine, “once” ✓",
    idempotencyKey: randomUUID(),
  };
  const first = await call(world.approver, "request.decide", decision);
  deepEqual([first.request.state, first.replayed], ["Approved", false]);
  const again = await call(world.approver, "request.decide", decision);
  deepEqual([again.request.state, again.replayed], ["Approved", true]);
  const found = await call(world.admin, "audit.search", {
    operations: ["Set-AccessToCustomerDataRequest"],
    objectIds: [asked.identity],
  });
  equal(found.total, 1);
  const data = JSON.parse(found.records[0].auditData);
  deepEqual(data.Parameters[0], { Name: "Comment", Value: decision.comment });
}

/** What every error holds, whatever a client makes of it. */
export function refusal(error, number, code) {
  deepEqual([error.code, error.data?.code], [number, code], JSON.stringify(error));
  match(error.message, /\S/);
  match(error.data.message, /\S/);
  match(error.data.remedy, /\S/);
}
