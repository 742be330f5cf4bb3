/** What `response-surface` remembers, of the operation and of each context; JSON. */
import type { Context, ContextId, Json, ParameterValues, VariantId } from "@trimtab/conventions";
import type { SurfaceLevels } from "../surface/pooled-surface.ts";
import type { SurfaceEvidence } from "../surface/surface-evidence.ts";
import type { DriftWatch } from "./drift-watch.ts";
import type { ContextObservation } from "./strategy.ts";
import type { Trial } from "./trial.ts";

/** The memory of one context. */
export type TrialMemory = {
  readonly form: typeof FORM;
  readonly incumbent: VariantId;
  readonly trials: Readonly<Record<VariantId, Trial>>;
  /** Variants that rest until a cycle. */
  readonly resting: Readonly<Record<VariantId, number>>;
  /** Variants that were proven and then taken back: worth another try. */
  readonly retries: Readonly<Record<VariantId, ParameterValues>>;
  /** The baseline against the incumbent, as it was predicted. */
  readonly watch: DriftWatch | null;
  readonly tests: number;
  readonly wins: number;
  /** Calls per cycle in the last window. */
  readonly callsPerCycle: number;
};

/** What a context has measured, by channel. */
export type ChannelEvidence = Readonly<Record<string, SurfaceEvidence>>;

/** The memory that all contexts share. */
export type SharedMemory = {
  readonly form: typeof FORM;
  /** By channel. */
  readonly levels: Readonly<Record<string, SurfaceLevels>>;
  readonly contexts: Readonly<Record<ContextId, { readonly context: Context; readonly evidence: ChannelEvidence }>>;
  /** The cycle of the last drift alarm of a context. */
  readonly alarms: Readonly<Record<ContextId, number>>;
  /** Decisions since the variances of the levels were learnt. */
  readonly turns: number;
};

/** The form of both memories. One of another form is not read: the comparison starts again, and what is served stays. */
const FORM = 2;

/** The shared memory as it was returned, or an empty one. */
export function openShared(shared: Json | undefined): SharedMemory {
  const before = shared as unknown as SharedMemory | undefined;
  return before?.form === FORM ? before : { form: FORM, levels: {}, contexts: {}, alarms: {}, turns: 0 };
}

/** Was what had been proven in a context taken back in this cycle? */
export function hasLostIncumbent({ memory, takenBack }: ContextObservation): boolean {
  const before = memory as unknown as TrialMemory | undefined;
  return before?.form === FORM && takenBack.includes(before.incumbent);
}

/** A context's memory for this turn: a new incumbent has its own comparisons, and what was taken back does not run. */
export function openTrials({ memory, incumbent, takenBack, known }: ContextObservation, cycle: number): TrialMemory {
  const before = memory as unknown as TrialMemory | undefined;
  if (before?.form !== FORM) {
    return {
      form: FORM,
      incumbent: incumbent.id,
      trials: {},
      resting: {},
      retries: {},
      watch: null,
      tests: 0,
      wins: 0,
      callsPerCycle: 0,
    };
  }
  const resting = Object.fromEntries(Object.entries(before.resting).filter(([, until]) => until > cycle));
  const isSame = before.incumbent === incumbent.id;
  const trials = isSame
    ? Object.fromEntries(Object.entries(before.trials).filter(([variant]) => !takenBack.includes(variant)))
    : {};
  const parameters = takenBack.includes(before.incumbent) ? known.get(before.incumbent) : undefined;
  const retries = parameters === undefined ? before.retries : { ...before.retries, [before.incumbent]: parameters };
  return { ...before, incumbent: incumbent.id, resting, trials, retries, watch: isSame ? before.watch : null };
}
