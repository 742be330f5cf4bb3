/**
 * Decides recorded cycles again and tells whether every one comes out as it was recorded, bit for bit: the decision, and the state
 * where the store has kept it.
 *
 * A cycle starts from the state before it. The store keeps every twentieth, so the cycles between two kept states are decided
 * again together, from the first of them on. Nothing is written.
 */
import type { Json } from "@trimtab/conventions";
import {
  type DecideInput,
  type DecideOutput,
  decide as learn,
  type OperationPolicy,
  type OperationState,
  type StrategyChoice,
  type StrategyDefinitions,
} from "@trimtab/learning";
import type { OperationKey, RecordedCycle, Store } from "../stores/store.ts";
import { type JsonDifference, jsonDifference } from "./json-difference.ts";
import { cycleSeed, type Decide, policyHash } from "./run-cycle.ts";

/** A cycle that did not come out as it was recorded. */
export interface CycleDifference {
  readonly cycle: number;
  readonly decision: string;
  /** Which part of the record. */
  readonly part: "policy" | "seed" | "decision" | "state";
  readonly difference: JsonDifference;
}

/** What a replay found. */
export interface ReplayReport extends OperationKey {
  /** Cycles that were decided again and compared, the lowest and the highest number; both absent where there were none. */
  readonly first?: number;
  readonly last?: number;
  readonly replayed: number;
  /** The earliest cycle that differs; absent where all are the same. */
  readonly difference?: CycleDifference;
  /** Why some cycles of the range could not be decided again; empty where all could. */
  readonly unreplayable: readonly string[];
}

/** Which cycles, and with what. */
export interface ReplayOptions extends OperationKey {
  /** First and last number; by default all that are kept. */
  readonly from?: number;
  readonly to?: number;
  /** Default: learning's. */
  readonly decide?: Decide;
  /** The strategies of one's own that a policy may choose from; asked for policies that name a module. */
  readonly strategiesFor?: (policy: OperationPolicy) => StrategyDefinitions;
  /** Told after each block, with the number of cycles compared so far. */
  readonly onProgress?: (replayed: number) => void;
}

/** Cycles are read in pages of this size, newest first. */
const PAGE = 50;

/** Decides a range of recorded cycles again. */
export async function replayCycles(
  store: Pick<Store, "listCycles" | "loadPolicy">,
  { component, operation, from = 1, to = Number.POSITIVE_INFINITY, ...options }: ReplayOptions,
): Promise<ReplayReport> {
  const { decide = learn, strategiesFor = () => ({}), onProgress } = options;
  const policies = new Map<string, OperationPolicy | undefined>();
  const unreplayable: string[] = [];
  let replayed = 0;
  let first: number | undefined;
  let last: number | undefined;
  let difference: CycleDifference | undefined;

  /** Cycles that follow one another, oldest first, behind the state that they start from. */
  const replayBlock = async (state: OperationState | undefined, block: readonly RecordedCycle[]): Promise<void> => {
    let before = state;
    for (const record of block) {
      if (!policies.has(record.policyHash)) policies.set(record.policyHash, await store.loadPolicy(record.policyHash));
      const policy = policies.get(record.policyHash);
      const strategies = policy === undefined || !strategiesOf(policy).some(isOwn) ? undefined : strategiesFor(policy);
      const problem = policy === undefined ? "its policy is not in the store" : strategyProblem(policy, strategies);
      if (policy === undefined || problem !== undefined) {
        unreplayable.push(`cycle ${record.cycle} and those after it up to the next kept state: ${problem}`);
        return;
      }
      const { evidence, seed, acts } = record;
      const given = acts === undefined ? {} : { acts };
      const input: DecideInput = { policy, state: before, evidence, now: record.decision.at, seed, ...given };
      const output = decide(strategies === undefined ? input : { ...input, strategies });
      before = JSON.parse(JSON.stringify(output.state)) as OperationState;
      if (record.cycle < from) continue; // only on the way to the first one wanted
      replayed += 1;
      first = Math.min(first ?? record.cycle, record.cycle);
      last = Math.max(last ?? record.cycle, record.cycle);
      const found = originDifference(record, policy) ?? compareCycle(record, output);
      if (found === undefined) continue;
      if (difference === undefined || found.cycle < difference.cycle) difference = found;
      return; // what follows starts from another state than it did
    }
  };

  let block: RecordedCycle[] = [];
  for await (const record of newestFirst(store, { component, operation })) {
    const previous = block[0];
    if (previous !== undefined && record.cycle !== previous.cycle - 1) {
      unreplayable.push(gapBefore(previous.cycle));
      block = [];
      break;
    }
    if (record.state !== undefined && block.length > 0) {
      await replayBlock(record.state, block);
      onProgress?.(replayed);
      block = [];
    }
    if (record.cycle < from && block.length === 0) break;
    if (record.cycle <= to) block.unshift(record);
  }
  const [oldest] = block;
  if (oldest?.cycle === 1) await replayBlock(undefined, block);
  else if (oldest !== undefined) unreplayable.push(gapBefore(oldest.cycle));
  return {
    component,
    operation,
    replayed,
    ...(first === undefined || last === undefined ? {} : { first, last }),
    ...(difference === undefined ? {} : { difference }),
    unreplayable,
  };
}

/** Policy and seed have names that follow from what they are. */
function originDifference(
  { cycle, decision, policyHash: recorded, seed, component, operation }: RecordedCycle,
  policy: OperationPolicy,
): CycleDifference | undefined {
  const place = { cycle, decision: decision.id };
  const hash = policyHash(policy);
  if (hash !== recorded) return { ...place, part: "policy", difference: { path: "", recorded, replayed: hash } };
  const expected = cycleSeed(component, operation, cycle);
  return seed === expected
    ? undefined
    : { ...place, part: "seed", difference: { path: "", recorded: seed, replayed: expected } };
}

/** Where what was decided again differs from what was recorded; undefined where it does not. */
function compareCycle(record: RecordedCycle, output: DecideOutput): CycleDifference | undefined {
  const { cycle, decision, state } = record;
  const place = { cycle, decision: decision.id };
  const inDecision = jsonDifference(asJson(decision), asJson(output.decision));
  if (inDecision !== undefined) return { ...place, part: "decision", difference: inDecision };
  const inState = state === undefined ? undefined : jsonDifference(asJson(state), asJson(output.state));
  return inState === undefined ? undefined : { ...place, part: "state", difference: inState };
}

/** The cycle with this decision, or undefined. */
export async function findCycle(
  store: Pick<Store, "listCycles">,
  operation: OperationKey,
  decision: string,
): Promise<number | undefined> {
  for await (const record of newestFirst(store, operation)) if (record.decision.id === decision) return record.cycle;
  return undefined;
}

async function* newestFirst(store: Pick<Store, "listCycles">, operation: OperationKey): AsyncGenerator<RecordedCycle> {
  let cursor: string | undefined;
  do {
    const page = await store.listCycles(operation, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

function gapBefore(cycle: number): string {
  return `cycle ${cycle} and those after it up to the next kept state: the state before them is not kept any more`;
}

/** A strategy of one's own is code: only the same code can be expected to decide the same. */
function strategyProblem(policy: OperationPolicy, strategies: StrategyDefinitions | undefined): string | undefined {
  const lacking = strategiesOf(policy).find(
    (strategy) => isOwn(strategy) && (strategies === undefined || !Object.hasOwn(strategies, strategy.kind)),
  );
  return lacking?.module === undefined
    ? undefined
    : `its strategy "${lacking.kind}" (${lacking.module.path}, digest ${lacking.module.digest}) is not loaded`;
}

/** The operation's own, and that of an experiment's treatment. */
function strategiesOf({ strategy, experiment }: OperationPolicy): readonly StrategyChoice[] {
  return experiment === undefined ? [strategy] : [strategy, experiment.treatment];
}

function isOwn({ module }: StrategyChoice): boolean {
  return module !== undefined;
}

/** As the store gives it back. */
function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
