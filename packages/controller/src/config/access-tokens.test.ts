import { randomBytes, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { accessToken, resolveTokens } from "./access-tokens.ts";

const isGuessable = (token: string): boolean => accessToken({ name: "a", roles: ["read"], token }).isGuessable === true;

test("short tokens and those of few different characters can be guessed, those of chance cannot", () => {
  for (const token of ["hunter2", "secret", "a".repeat(64), "abababababababababab", "0123456789abcde"])
    expect([token, isGuessable(token)]).toEqual([token, true]);
  for (let count = 0; count < 100; count++) {
    for (const token of [randomBytes(32).toString("base64url"), randomBytes(16).toString("hex"), randomUUID()])
      expect([token, isGuessable(token)]).toEqual([token, false]);
  }
});

test("it is told of tokens from wherever they come, and of a hash nothing is known", () => {
  const section = { roles: ["read"] as const };
  const hash = `sha256:${"a".repeat(64)}`;
  const tokens = resolveTokens(
    [
      { ...section, name: "file", token: "hunter2" },
      { ...section, name: "environment", tokenEnvironment: "TOKEN" },
      { ...section, name: "hash", tokenHash: hash },
    ],
    "/",
    { TOKEN: "hunter3" },
    [],
  );
  expect(tokens.map(({ name, isGuessable: told }) => [name, told])).toEqual([
    ["file", true],
    ["environment", true],
    ["hash", undefined],
  ]);
});
