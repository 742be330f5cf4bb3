import { expect, test } from "vitest";
import { HELP, parseOptions } from "./options.ts";

test("without arguments it runs until it is stopped, with the embedded source, on port 4600", () => {
  const parsed = parseOptions([]);
  expect(parsed).toMatchObject({
    kind: "run",
    options: {
      forMilliseconds: undefined,
      prometheus: false,
      port: 4600,
      servicePort: 0,
      metricsPort: 0,
      fresh: false,
    },
  });
});

test("a duration may follow a space or an equals sign", () => {
  expect(parseOptions(["--for", "90s"])).toMatchObject({ options: { forMilliseconds: 90_000 } });
  expect(parseOptions(["--for=2m"])).toMatchObject({ options: { forMilliseconds: 120_000 } });
});

test("with Prometheus the state is kept elsewhere: what was read from one source is not continued from the other", () => {
  const [embedded, prometheus] = [parseOptions([]), parseOptions(["--prometheus"])];
  if (embedded.kind !== "run" || prometheus.kind !== "run") throw new Error("both should run");
  expect(prometheus.options.prometheus).toBe(true);
  expect(prometheus.options.stateFolder).not.toBe(embedded.options.stateFolder);
});

test.each([
  [["--for", "90"], '--for: "90" is no duration; write a number and a unit, such as "200ms"'],
  [["--for=20ms"], "--for: 20ms is too short"],
  [["--port", "70000"], '--port: "70000" is no port'],
  [["--metrics-port=http"], '--metrics-port: "http" is no port'],
  [["--rate", "1000"], '--rate: "1000" is no number from 1 to 60'],
  [["--promtheus"], "Unknown option '--promtheus'"],
  [["now"], "Unexpected argument 'now'"],
  [["--for"], "Option '--for <value>' argument missing"],
])("%j is refused: %s", (args, problem) => {
  const parsed = parseOptions(args);
  expect(parsed.kind).toBe("wrong");
  expect(parsed).toHaveProperty("problem", expect.stringContaining(problem));
});

test("help wins over everything that is right", () => {
  expect(parseOptions(["--for", "90s", "--help"])).toEqual({ kind: "help", text: HELP });
});
