// Holds an OpenRPC document against the official meta-schema and dereferences it.
// Usage: node validate.mjs DOCUMENT.json     prints OK, or what is wrong and exits with 1.
import { readFile } from "node:fs/promises";
import {
  dereferenceDocument,
  parseOpenRPCDocument,
  validateOpenRPCDocument,
} from "@open-rpc/schema-utils-js";

const [path] = process.argv.slice(2);
if (!path) {
  console.error("usage: node validate.mjs DOCUMENT.json");
  process.exit(64);
}

/** The first reference that is still in the document, with its place. */
function openReference(value, place = "", seen = new Set()) {
  if (value === null || typeof value !== "object" || seen.has(value)) return undefined;
  seen.add(value);
  if (typeof value.$ref === "string") return `${place}: ${value.$ref}`;
  for (const [name, member] of Object.entries(value)) {
    const found = openReference(member, `${place}/${name}`, seen);
    if (found) return found;
  }
  return undefined;
}

try {
  const document = JSON.parse(await readFile(path, "utf8"));
  const verdict = validateOpenRPCDocument(document);
  if (verdict !== true) throw verdict;
  // Twice: `parse` also resolves; what it returns must hold no reference any more.
  await dereferenceDocument(JSON.parse(JSON.stringify(document)));
  const parsed = await parseOpenRPCDocument(document, { dereference: true, validate: true });
  const open = openReference(parsed.methods);
  if (open) throw new Error(`a reference leads nowhere: ${open}`);
  console.log(`OK ${document.methods.length} methods`);
} catch (error) {
  // The reason stands first; the rest is the whole document.
  console.error(String(error?.message ?? error).slice(0, 2000));
  process.exit(1);
}
