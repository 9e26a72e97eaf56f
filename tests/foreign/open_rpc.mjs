// npm @open-rpc/client-js: ids are strings of digits, params left out become an empty array, and an
// error of the daemon rejects the promise. It uses fetch; the CA comes from NODE_EXTRA_CA_CERTS.
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Client, HTTPTransport, JSONRPCError, RequestManager } from "@open-rpc/client-js";
import { bearer, check, pending, refusal, story, world } from "./checks.mjs";

/** The bodies that went out. */
const sent = [];
const fetcher = (url, init) => {
  sent.push(JSON.parse(init.body));
  return fetch(url, init);
};

function manager(token) {
  return new RequestManager([new HTTPTransport(`${world.url}/rpc`, { headers: bearer(token), fetcher })]);
}

const client = (token) => new Client(manager(token));
const call = (token, method, params) => client(token).request({ method, params });

await check("submit, review, decide, search", () => story(call));

await check("params left out", async () => {
  equal((await call(null, "system.info")).product, "Customer Lockbox");
  deepEqual(sent.at(-1), { jsonrpc: "2.0", id: "0", method: "system.info", params: [] });
});

await check("rpc.discover gives the document", async () => {
  const document = await call(null, "rpc.discover");
  ok(document.methods.some((method) => method.name === "request.decide"));
});

await check("many calls at once, on one client", async () => {
  const one = client(world.approver);
  const methods = ["session.whoami", "request.list", "policy.get", "system.info"];
  const answers = await Promise.all(Array(5).fill(methods).flat().map((method) => one.request({ method })));
  deepEqual(answers.map((answer) => Object.keys(answer)[0]), Array(5).fill(["principal", "requests", "settings", "product"]).flat());
});

await check("startBatch and stopBatch as its manual has them", async () => {
  const one = client(world.approver);
  one.startBatch();
  const answers = [one.request({ method: "session.whoami" }), one.request({ method: "policy.get" })];
  one.stopBatch();
  const [me, policy] = await Promise.all(answers);
  ok(me.principal && policy.settings);
});

await check("a batch in one post: results, errors, and nothing for a notification", async () => {
  const asked = await pending(call, "CLB-2");
  const one = manager(world.approver);
  await one.connectPromise;
  const request = (method, params, notification) => one.request({ method, params }, notification);
  one.startBatch();
  const answers = [
    request("request.get", { requestId: asked.requestId }),
    request("no.such"),
    request("request.decide", { requestId: asked.requestId, decision: "Deny" }, true),
    request("request.get", { requestId: asked.requestId }),
  ];
  one.stopBatch();
  const [before, unknown, notified, after] = await Promise.allSettled(answers);
  deepEqual(sent.at(-1).map((part) => part.id), ["0", "1", undefined, "3"]);
  equal(before.value.request.state, "Pending");
  ok(unknown.reason instanceof JSONRPCError);
  refusal(unknown.reason, -32601, "methodNotFound");
  deepEqual(notified, { status: "fulfilled", value: undefined });
  // The notification between them was carried out, in its turn.
  equal(after.value.request.state, "Denied");
});

await check("a notification is carried out and not answered", async () => {
  const one = await pending(call, "CLB-3");
  const got = await client(world.approver).notify({
    method: "request.decide", params: { requestId: one.identity, decision: "Deny" },
  });
  equal(got, undefined);
  equal((await call(world.approver, "request.get", { requestId: one.identity })).request.state, "Denied");
});

await check("errors reject with code and data", async () => {
  const error = (...given) => call(...given).then((result) => { throw new Error(`it succeeded: ${JSON.stringify(result)}`); },
    (error) => { ok(error instanceof JSONRPCError); return error; });
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

await check("the daemon's absence rejects too", async () => {
  const nobody = new Client(new RequestManager([new HTTPTransport("http://127.0.0.1:9/rpc")]));
  await rejects(nobody.request({ method: "system.info" }), JSONRPCError);
});
