// Reads every vector of docs/reference/vectors with a plain MessagePack library and compares.
//
//     node read_vectors.mjs ../../docs/reference/vectors

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { decode, ExtData } from "@msgpack/msgpack";

const UNREADABLE = Symbol("unreadable");
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));

/** The value that a description tells, as this library gives it. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  if ("$int" in value) return BigInt(value.$int);
  if ("$float" in value) return Number(value.$float);
  if ("$bytes" in value) return bytes(value.$bytes);
  if ("$ext" in value) return new ExtData(value.$ext[0], bytes(value.$ext[1]));
  const pairs = value.$map ?? Object.entries(value);
  return Object.fromEntries(pairs.map(([key, item]) => [plain(key), plain(item)])); // the last of equal keys counts
}

/** With `useBigInt64` every integer in eight bytes is a BigInt: as numbers, where they are exact. */
function narrow(value) {
  if (typeof value === "bigint" && BigInt.asIntN(54, value) === value) return Number(value);
  if (Array.isArray(value)) return value.map(narrow);
  if (value === null || value?.constructor !== Object) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, narrow(item)]));
}

function attempt(make) {
  try {
    return narrow(make());
  } catch {
    return UNREADABLE;
  }
}

const folder = process.argv[2];
const vectors = readdirSync(folder).filter((name) => name.endsWith(".msgpack"));
for (const name of vectors) {
  const text = readFileSync(join(folder, name.replace(/\.msgpack$/, ".json")), "utf8");
  if (text.includes('"$text_not_utf8"')) continue; // what this library makes of such texts nobody should rely on
  const told = JSON.parse(text);
  const expected = "value" in told ? attempt(() => plain(told.value)) : UNREADABLE; // without one: not MessagePack
  const read = attempt(() => decode(new Uint8Array(readFileSync(join(folder, name))), { useBigInt64: true }));
  if (!isDeepStrictEqual(read, expected)) {
    console.error(name, "read", read, "told", expected);
    process.exit(1);
  }
}
console.log(`${vectors.length} vectors read as told`);
