import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { cut, openScreen } from "./terminal-screen.ts";

test("a line is cut to the width, and a reason with a line break stays one line", () => {
  expect(cut({ tone: "plain", text: "0123456789" }, 11).text).toBe("0123456789");
  expect(cut({ tone: "plain", text: "0123456789" }, 8).text).toBe("012345…");
  expect(cut({ tone: "plain", text: "two\nlines" }, 80).text).toBe("two lines");
});

function stream(properties: { isTTY: boolean; columns: number; rows: number }): {
  output: NodeJS.WriteStream;
  written: () => string;
} {
  const through = new PassThrough();
  let written = "";
  through.on("data", (text: Buffer) => (written += text.toString()));
  return { output: Object.assign(through, properties) as unknown as NodeJS.WriteStream, written: () => written };
}

test("a pipe gets plain text, one block after the other", () => {
  const { output, written } = stream({ isTTY: false, columns: 80, rows: 24 });
  const screen = openScreen(output);
  screen.show([{ tone: "better", text: "one" }]);
  screen.show([{ tone: "worse", text: "two" }]);
  expect(screen.isLive).toBe(false);
  expect(written()).toBe("one\n\ntwo\n\n");
});

test("a terminal is redrawn in place: up by as many lines as were drawn, never more than fit", () => {
  const { output, written } = stream({ isTTY: true, columns: 80, rows: 4 });
  const screen = openScreen(output);
  const lines = ["a", "b", "c", "d", "e"].map((text) => ({ tone: "plain" as const, text }));
  screen.show(lines);
  screen.show(lines);
  screen.close();
  const drawn = "a\u001B[K\nb\u001B[K\nc\u001B[K\n\u001B[J";
  expect(written()).toBe(`\u001B[?25l${drawn}\u001B[?25l\u001B[3A${drawn}\u001B[?25h`);
});
