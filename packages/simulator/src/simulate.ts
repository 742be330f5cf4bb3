/** Runs `decide` against an invented world in virtual time: the same decisions that a controller would make. */
import { type Allocation, type Context, contextId, findAllocation } from "@trimtab/conventions";
import {
  type Decision,
  decide,
  type Evidence,
  type EvidenceCell,
  type OperationState,
  type Random,
  randomFromSeed,
} from "@trimtab/learning";
import { poisson } from "./poisson.ts";
import { measure, type World } from "./world.ts";

/** How a simulation runs. */
export interface SimulationOptions {
  readonly cycles: number;
  readonly cycleSeconds: number;
  /** The same seed gives the same run, to the last call. */
  readonly seed: string;
  /** Cycles between what happens and when the controller reads it. Default 1. */
  readonly lagCycles?: number;
}

/** One cycle of a simulation. */
export interface SimulatedCycle {
  /** Virtual seconds since the start, at the cycle's end. */
  readonly seconds: number;
  /** What was served during the cycle, and the calls that met it. */
  readonly served: readonly ServedVariant[];
  /** What was decided at its end. */
  readonly decision: Decision;
}

/** Calls of one variant in one context during one cycle. */
export interface ServedVariant {
  readonly context: Context;
  readonly allocation: Allocation;
  readonly variant: string;
  readonly calls: number;
}

/** A finished simulation. */
export interface Simulation {
  readonly world: World;
  readonly cycles: readonly SimulatedCycle[];
  readonly state: OperationState;
}

/** A Monday in 2026, so that times look like times. */
const START = Date.UTC(2026, 0, 5);

/** Runs a world. */
export function simulate(world: World, { cycles, cycleSeconds, seed, lagCycles = 1 }: SimulationOptions): Simulation {
  const random = randomFromSeed(`${seed} traffic`);
  const done: SimulatedCycle[] = [];
  const pending: Evidence[] = [];
  let state: OperationState | undefined;
  let allocations: readonly Allocation[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    const from = START + cycle * cycleSeconds * 1000;
    const to = from + cycleSeconds * 1000;
    const { cells, served } = serve(world, allocations, cycle * cycleSeconds, cycleSeconds, random);
    const missing = world.missing?.(cycle * cycleSeconds);
    const reading: Evidence["cells"] =
      missing === undefined ? { kind: "value", value: cells } : { kind: missing, detail: "as the scenario says" };
    pending.push({ window: { from, to }, queries: [], cells: reading });
    const evidence = pending.length > lagCycles ? pending.shift() : undefined;
    const read = evidence ?? {
      window: { from: from - 1000, to: from },
      queries: [],
      cells: { kind: "no-data" as const, detail: "not yet" },
    };
    const output = decide({ policy: world.policy, state, evidence: read, now: to, seed: `${seed} ${cycle}` });
    ({ state } = output);
    ({ allocations } = output.decision);
    done.push({ seconds: (cycle + 1) * cycleSeconds, served, decision: output.decision });
  }
  return { world, cycles: done, state: state ?? { schema: 1 } };
}

function serve(
  world: World,
  allocations: readonly Allocation[],
  seconds: number,
  cycleSeconds: number,
  random: Random,
): { readonly cells: EvidenceCell[]; readonly served: ServedVariant[] } {
  const cells: EvidenceCell[] = [];
  const served: ServedVariant[] = [];
  const operation = {
    context: world.policy.context,
    holdoutSalt: "",
    parameters: world.policy.parameters,
    allocations,
  };
  for (const { context, callsPerSecond } of world.traffic) {
    const allocation = findAllocation(operation, context);
    if (allocation === undefined) continue; // before the first decision the service has the values in its code
    for (const { id, weight, parameters } of allocation.variants) {
      const calls = poisson(callsPerSecond * cycleSeconds * weight, random);
      served.push({ context, allocation, variant: id, calls });
      if (calls === 0) continue;
      const measurements = measure(world, world.behaviour(parameters, context, seconds), calls, random);
      cells.push({ context, variant: id, reading: { kind: "value", value: measurements } });
    }
  }
  return { cells, served };
}

/** The contexts of a simulation's last decision, by id. */
export function lastAllocations(simulation: Simulation): ReadonlyMap<string, Allocation> {
  const allocations = simulation.cycles.at(-1)?.decision.allocations ?? [];
  return new Map(allocations.map((allocation) => [contextId(allocation.context), allocation]));
}
