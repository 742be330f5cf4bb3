import type { LookupAddress, LookupOptions } from "node:dns";
import { expect, test } from "vitest";
import { addressProblem, guardedLookup, hostProblem, TargetRefusedError } from "./target-guard.ts";

const PUBLIC = ["93.184.216.34", "2606:4700::1111", "172.32.0.1", "100.128.0.1"];
const PRIVATE = ["127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1"];
const HIDDEN_INSIDE = ["::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::a00:1", "2002:a00:1::1"];
const NEVER = [
  "0.0.0.0",
  "169.254.169.254",
  "::",
  "fe80::1",
  "224.0.0.1",
  "255.255.255.255",
  "::ffff:169.254.169.254",
  "fd00:ec2::254",
];

test.each(PUBLIC)("%s may be a target", (address) => {
  expect(addressProblem(address, false)).toBeUndefined();
});

test.each([...PRIVATE, ...HIDDEN_INSIDE])("%s may be a target only where the hook says so", (address) => {
  expect(addressProblem(address, false)).toContain("allowPrivate: true");
  expect(addressProblem(address, true)).toBeUndefined();
});

test.each(NEVER)("%s is never a target", (address) => {
  expect(addressProblem(address, true)).toContain("can be no target");
});

test("however an address is written in a URL, it is the address that counts", () => {
  for (const url of [
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://localhost/",
    "http://a.localhost/",
  ])
    expect(hostProblem(new URL(url).hostname, false)).toContain("allowPrivate");
  expect(hostProblem("hooks.example", false)).toBeUndefined();
});

/** What a connection is told of a name that has these addresses. */
function connect(addresses: readonly string[], allowPrivate = false): Promise<unknown> {
  const resolve = ((_: string, __: LookupOptions, answer: (error: null, all: LookupAddress[]) => void) => {
    answer(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  }) as never;
  return new Promise((done) => {
    guardedLookup(allowPrivate, resolve)("name.example", { all: true }, (error, found) => done(error ?? found));
  });
}

test("a name of which any address is refused has none, whatever it had before", async () => {
  expect(await connect(["93.184.216.34"])).toEqual([{ address: "93.184.216.34", family: 4 }]);
  expect(await connect(["93.184.216.34", "10.0.0.1"])).toBeInstanceOf(TargetRefusedError);
  expect(await connect(["169.254.169.254"], true)).toBeInstanceOf(TargetRefusedError);
  expect(await connect(["10.0.0.1"], true)).toEqual([{ address: "10.0.0.1", family: 4 }]);
});
