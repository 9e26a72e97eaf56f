// npm jayson: ids are UUID strings, an id of null makes a notification, and a callback with three
// arguments gets errors apart from results.
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import jayson from "jayson";
import { bearer, check, pending, refusal, story, world } from "./checks.mjs";

const where = new URL(world.url);
const tls = where.protocol === "https:";

function client(token, ca = tls ? readFileSync(world.ca) : undefined) {
  const options = { hostname: where.hostname, port: where.port, path: "/rpc", headers: bearer(token), ca };
  return tls ? jayson.client.https(options) : jayson.client.http(options);
}

/** What the callback of one request, or of a batch, gets. */
function send(token, ...given) {
  return new Promise((resolve, reject) => {
    client(token).request(...given, (fault, error, result) => (fault ? reject(fault) : resolve([error, result])));
  });
}

async function call(token, method, params) {
  const [error, result] = await send(token, method, params);
  if (error) throw Object.assign(new Error(error.message), error);
  return result;
}

await check("submit, review, decide, search", () => story(call));

await check("no params, and an empty array as none", async () => {
  equal((await call(null, "system.info", {})).product, "Customer Lockbox");
  equal((await call(null, "system.info", [])).product, "Customer Lockbox");
});

await check("the answer has the id that jayson made", async () => {
  const answer = await new Promise((resolve, reject) => {
    const raw = client(null).request("system.info", {}, undefined, (fault, answer) =>
      fault ? reject(fault) : resolve([raw, answer]));
  });
  match(answer[0].id, /^[0-9a-f-]{36}$/);
  equal(answer[1].id, answer[0].id);
});

await check("a batch: results, errors, and nothing for a notification", async () => {
  const one = await pending(call, "CLB-2");
  const approver = client(world.approver);
  const batch = [
    approver.request("request.get", { requestId: one.requestId }),
    approver.request("no.such", {}),
    approver.request("request.decide", { requestId: one.requestId, decision: "Deny" }, null),
    approver.request("request.get", { requestId: one.requestId }),
  ];
  const [errors, results] = await send(world.approver, batch);
  deepEqual(results.map((answer) => answer.id), [batch[0].id, batch[3].id]);
  // The notification between them was carried out, in its turn.
  deepEqual(results.map((answer) => answer.result.request.state), ["Pending", "Denied"]);
  equal(errors.length, 1);
  equal(errors[0].id, batch[1].id);
  refusal(errors[0].error, -32601, "methodNotFound");
});

await check("a notification is carried out and not answered", async () => {
  const one = await pending(call, "CLB-3");
  const got = await send(world.approver, "request.decide", { requestId: one.identity, decision: "Deny" }, null);
  deepEqual(got, [undefined, undefined]);
  const nothing = await send(null, [client(null).request("system.info", {}, null)]);
  deepEqual(nothing, [undefined, undefined]);
  const { request } = await call(world.approver, "request.get", { requestId: one.identity });
  equal(request.state, "Denied");
});

await check("errors come in the callback's second argument, with a remedy", async () => {
  const error = async (...given) => (await send(...given))[0];
  refusal(await error(null, "request.list", {}), -32001, "unauthenticated");
  refusal(await error(world.engineer, "policy.put", { hoursToAnswer: 1 }), -32002, "forbidden");
  refusal(await error(world.approver, "request.get", { requestId: "EXSR999999" }), -32003, "notFound");
  refusal(await error(world.approver, "request.list", ["Pending"]), -32602, "invalidParams");
  const wrong = await error(world.approver, "request.list", { approvalStatus: "Sleeping" });
  refusal(wrong, -32602, "invalidParams");
  equal(wrong.data.pointer, "/approvalStatus");
  const one = await pending(call, "CLB-4");
  await call(world.approver, "request.decide", { requestId: one.identity, decision: "Deny" });
  const late = await error(world.approver, "request.decide", { requestId: one.identity, decision: "Approve" });
  equal(late.data.currentState, "Denied");
});

if (tls) {
  await check("a certificate of a CA that it does not know is not taken", async () => {
    await rejects(
      new Promise((resolve, reject) => {
        client(null, []).request("system.info", {}, (fault, error, result) => (fault ? reject(fault) : resolve(result)));
      }),
      /unable to verify the first certificate|self-signed/,
    );
  });
}
