/**
 * One text file per case: what there is, the command, and exactly what it answers.
 *
 *     What the case shows.
 *     == trimtab.yaml            a file in the folder that the command runs in
 *     == GET /v1/operations      what a server answers; {{server}} is its address, {{now}} the time. A body with a `status` of 400 or
 *                                more is answered with that status
 *     == sent                    what a server was sent beside GET, one request a line
 *     == command                 one line, as in a shell without one
 *     == exit
 *     == stdout
 *     == stderr
 *     == after: trimtab.yaml     a file of the folder afterwards
 *
 * {{folder}} stands for the folder. To write the answers anew after a wording was changed: UPDATE_EXPECTED=1. Then read what changed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCliProcess } from "../../packages/controller/src/cli/running-cli.ts";

const folder = new URL(".", import.meta.url).pathname;
const cases = readdirSync(folder).filter((file) => file.endsWith(".txt"));

type Sections = Map<string, string>;

function parse(text: string): { title: string; sections: Sections } {
  const [title = "", ...rest] = text.split(/^== /m);
  const sections: Sections = new Map();
  for (const section of rest) {
    const end = section.indexOf("\n");
    sections.set(section.slice(0, end).trim(), section.slice(end + 1));
  }
  return { title: title.trim(), sections };
}

function unparse(title: string, sections: Sections): string {
  return `${title}\n${[...sections].map(([name, text]) => `== ${name}\n${text}`).join("")}`;
}

const ANSWERS = ["exit", "stdout", "stderr", "sent"];

async function run(sections: Sections): Promise<Sections> {
  const place = mkdtempSync(join(tmpdir(), "trimtab-cli-"));
  const fill = (text: string): string =>
    text.replaceAll("{{server}}", server.url).replaceAll("{{now}}", new Date().toISOString());
  const sent: string[] = [];
  const server = await serve((method, path, body) => {
    if (method !== "GET") sent.push(`${method} ${path}${body === "" ? "" : ` ${body}`}\n`);
    const answer = sections.get(`${method} ${path}`);
    return answer === undefined ? undefined : fill(answer);
  });
  try {
    for (const [name, text] of sections) {
      if (/^(GET |POST |PUT |DELETE |after: )/.test(name) || name === "command" || ANSWERS.includes(name)) continue;
      writeFileSync(join(place, name), fill(text));
    }
    const [, ...args] = fill(sections.get("command") ?? "")
      .trim()
      .split(/\s+/);
    const { code, out, err } = await runCliProcess(args, { cwd: place });
    const hide = (text: string): string => text.replaceAll(server.url, "{{server}}").replaceAll(place, "{{folder}}");
    const answered: Sections = new Map(sections);
    answered.set("exit", `${code}\n`).set("stdout", hide(out)).set("stderr", hide(err));
    if (sent.length > 0 || sections.has("sent")) answered.set("sent", sent.join(""));
    for (const name of sections.keys()) {
      if (name.startsWith("after: "))
        answered.set(name, hide(readFileSync(join(place, name.slice("after: ".length)), "utf8")));
    }
    return answered;
  } finally {
    await server.close();
    rmSync(place, { recursive: true, force: true });
  }
}

async function serve(
  answer: (method: string, path: string, body: string) => string | undefined,
): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      const text = answer(request.method ?? "", request.url ?? "", body);
      const isJson = text?.startsWith("{") ?? true;
      const refused = /"status":([45]\d\d)/.exec(text ?? "")?.[1];
      response.writeHead(text === undefined ? 404 : Number(refused ?? 200), {
        "content-type": isJson ? "application/json" : "text/plain",
        connection: "close",
      });
      response.end(text ?? '{"detail":"There is nothing here.","remedy":"/openapi.json lists every address."}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe("the command-line tool answers as written down", () => {
  test("there are cases, each with a command and an exit code", () => {
    expect(cases.length).toBeGreaterThan(20);
    for (const file of cases) {
      const { title, sections } = parse(readFileSync(join(folder, file), "utf8"));
      expect([file, title !== "", sections.get("command")?.startsWith("trimtab"), sections.has("exit")]).toEqual([
        file,
        true,
        true,
        true,
      ]);
    }
  });

  test.concurrent.each(cases)("%s", { timeout: 60_000 }, async (file) => {
    const { title, sections } = parse(readFileSync(join(folder, file), "utf8"));
    const answered = await run(sections);
    if (process.env["UPDATE_EXPECTED"] === "1") {
      writeFileSync(join(folder, file), unparse(title, answered));
      return;
    }
    expect(unparse(title, answered)).toBe(unparse(title, sections));
  });
});
