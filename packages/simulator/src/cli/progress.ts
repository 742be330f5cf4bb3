/** How far a long command is, on standard error. */
import { performance } from "node:perf_hooks";
import { stderr } from "node:process";

/** A progress display. */
export interface Progress {
  /** One more run of this group is done. */
  readonly tell: (group: string, detail: string) => void;
  /** Writes the summary. */
  readonly end: () => void;
}

/** In a terminal one line that is drawn anew; elsewhere a line per finished group. */
export function progressOn(
  complain: (text: string) => void,
  groups: ReadonlyMap<string, number>,
  environments: number = groups.size,
): Progress {
  const total = [...groups.values()].reduce((sum, count) => sum + count, 0);
  const left = new Map(groups);
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  let done = 0;
  return {
    tell(group, detail) {
      done += 1;
      left.set(group, (left.get(group) ?? 1) - 1);
      if (stderr.isTTY) stderr.write(`\r\u001B[2K${done} of ${total} runs, ${seconds()}: ${group}, ${detail}`);
      else if (left.get(group) === 0 && groups.size > 1)
        complain(`${done} of ${total} runs, ${seconds()}: ${group} done`);
    },
    end() {
      if (stderr.isTTY) stderr.write("\r\u001B[2K");
      complain(`${counted(done, "run")}, ${counted(environments, "environment")}, ${seconds()}`);
    },
  };
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
