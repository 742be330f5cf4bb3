/** `trimtab simulate --from`: what would another strategy have done with recorded evidence? */
import { DURATION_FORM, parseDuration } from "@trimtab/conventions";
import type { OperationKey } from "@trimtab/engine";
import type { StrategyChoice, StrategyDefinitions } from "@trimtab/learning";
import { type RecordedCycle, replayText, StrategyReplayer } from "@trimtab/simulator";
import { chosenStrategy, SimulateUsageError } from "@trimtab/simulator/cli";
import { type CommandCall, CommandFailure, EXIT, type Terminal, textOption, UsageError } from "../command.ts";
import { nameOfOperation, operationNamed } from "../operation-name.ts";
import { openRecordings, type RecordingPage, type Recordings } from "../recordings.ts";

/** Replays the cycles of a source with another strategy and says what came out. */
export async function simulateFrom(call: CommandCall, terminal: Terminal): Promise<number> {
  const { options, positionals } = call;
  if (positionals.length > 0)
    throw new UsageError(`--from replays what was recorded; "${positionals[0]}" is an environment of another run.`);
  const since = sinceOf(textOption(call, "since"), Date.now());
  const recordings = await openRecordings(textOption(call, "from") ?? "", terminal.environment);
  try {
    const operation = await operationOf(recordings, textOption(call, "operation"));
    const newest = await recordings.page(operation, undefined);
    const { choice, strategies } = await strategyOf(call, newest, operation);
    const replayer = new StrategyReplayer(choice, strategies);
    for await (const cycle of oldestFirst(recordings, operation, { newest, since, terminal })) replayer.add(cycle);
    const report = replayer.report();
    if (report === undefined)
      throw new CommandFailure(
        `There is no cycle of ${nameOfOperation(operation)} to start a replay from: the state is kept every twentieth cycle.\nAn earlier --since reaches back further.`,
      );
    terminal.print(options["json"] === true ? JSON.stringify(report, null, 2) : replayText(report));
    return EXIT.ok;
  } finally {
    await recordings.close();
  }
}

/** A duration back from now, or a time. */
function sinceOf(written: string | undefined, now: number): number {
  if (written === undefined) return Number.NEGATIVE_INFINITY;
  const duration = parseDuration(written);
  const time = duration === undefined ? Date.parse(written) : now - duration;
  if (Number.isFinite(time)) return time;
  throw new UsageError(`--since ${written} is neither ${DURATION_FORM}, nor a time, such as 2026-11-20T10:00:00Z.`);
}

async function operationOf(recordings: Recordings, wanted: string | undefined): Promise<OperationKey> {
  const known = await recordings.operations();
  if (known.length === 0)
    throw new CommandFailure('Nothing was recorded there yet.\n"trimtab doctor" tells what learning waits for.');
  const found = operationNamed(known, wanted);
  if (found !== undefined) return found;
  const names = known.map(nameOfOperation).join(", ");
  throw new CommandFailure(
    wanted === undefined
      ? `Several operations were recorded there; choose one with --operation: ${names}.`
      : `No operation "${wanted}" was recorded there. There is ${names}.`,
  );
}

interface Chosen {
  readonly choice: StrategyChoice | undefined;
  readonly strategies: StrategyDefinitions;
}

/** Options alone change the options of the recorded strategy; nothing at all is that strategy, had it been in mode auto. */
async function strategyOf(
  { options }: CommandCall,
  { cycles }: RecordingPage,
  operation: OperationKey,
): Promise<Chosen> {
  const [last] = cycles;
  if (last === undefined)
    throw new CommandFailure(
      `No cycle of ${nameOfOperation(operation)} was recorded yet.\n"trimtab doctor" tells what learning waits for.`,
    );
  const { strategy } = last.policy;
  if (options["strategy"] === undefined && strategy.module !== undefined)
    throw new CommandFailure(
      `The strategy in force, "${strategy.kind}", is a module of your own (${strategy.module.path}): give its file to --strategy.`,
    );
  try {
    if (options["strategy"] !== undefined) return await chosenStrategy(options, last.policy.parameters);
    if (options["option"] === undefined) return { choice: undefined, strategies: {} };
    const given = { ...options, strategy: `${strategy.kind}:${JSON.stringify(strategy.options)}` };
    return await chosenStrategy(given, last.policy.parameters);
  } catch (error) {
    throw error instanceof SimulateUsageError ? new UsageError(error.message) : error;
  }
}

interface Reading {
  readonly newest: RecordingPage;
  readonly since: number;
  readonly terminal: Terminal;
}

const TELL_EVERY = 500;

/**
 * Lists come newest first, and a replay goes the other way: the first pass only finds the pages, so that two of them at most are in memory.
 * The newest page is not read again, because it moves on while the controller works.
 */
async function* oldestFirst(
  recordings: Recordings,
  operation: OperationKey,
  { newest, since, terminal }: Reading,
): AsyncGenerator<RecordedCycle> {
  const cursors: string[] = [];
  let found = newest.cycles.length;
  for (let page = newest; page.nextCursor !== undefined && !reachesBack(page, since); ) {
    cursors.push(page.nextCursor);
    page = await recordings.page(operation, page.nextCursor);
    if (Math.floor((found + page.cycles.length) / TELL_EVERY) > Math.floor(found / TELL_EVERY))
      terminal.complain(`${found + page.cycles.length} cycles found`);
    found += page.cycles.length;
  }
  let done = 0;
  for (const cursor of [...cursors.toReversed(), undefined]) {
    const { cycles } = cursor === undefined ? newest : await recordings.page(operation, cursor);
    for (const cycle of cycles.toReversed()) {
      done += 1;
      if (done % TELL_EVERY === 0) terminal.complain(`${done} of ${found} cycles replayed`);
      if (cycle.evidence.window.to > since) yield cycle;
    }
  }
}

function reachesBack({ cycles }: RecordingPage, since: number): boolean {
  return (cycles.at(-1)?.evidence.window.to ?? since) <= since;
}
