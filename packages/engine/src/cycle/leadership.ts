/**
 * Who leads: the holder of a lease, which the database gives to one process at a time.
 *
 * A process asks for the lease, or renews it, every third of its length. It leads from the moment it is granted until so long after
 * it last asked, by its own monotonic clock: a process that was paused, or cut off, knows at once when it is back that its time
 * is over. That another may lead before it knows does no harm: the store looks at the lease in the transaction of each write.
 */
import type { CurrentLease, HeldLease } from "../stores/fence.ts";
import type { LeaseStore, LeaseView } from "../stores/lease-store.ts";
import type { Log } from "./log.ts";

/** What a leadership is made of. */
export interface LeadershipOptions {
  readonly leases: LeaseStore;
  /** Names this process; no other process may ever have the same name. */
  readonly holder: string;
  /** How long a lease is valid, in milliseconds. */
  readonly leaseMilliseconds: number;
  /** Told in order, each time after the last one has ended. What it throws is logged. */
  readonly onChange: (leads: boolean) => Promise<void>;
  readonly log: Log;
  /** Milliseconds from any start; goes on while the process is paused. */
  readonly monotonic?: () => number;
}

/** How it stands. */
export interface LeadershipStatus {
  readonly leads: boolean;
  /** Who led when it was last asked, this process included; absent before the first answer. */
  readonly leader?: string;
  readonly term?: number;
  /** Why the database did not answer the last time; absent while it does. */
  readonly problem?: string;
}

/** One process' part in the choice of the leader. */
export interface Leadership {
  /** The lease under which the store may write; undefined while another leads, or nobody. */
  readonly lease: CurrentLease;
  status(): LeadershipStatus;
  /** Asks at once and then again and again, until it is stopped. Resolves after the first answer or failure. */
  start(): Promise<void>;
  /** Asks now: somebody may have stepped down. */
  ask(): void;
  /** Steps down, and lets another lead at once. */
  stop(): Promise<void>;
}

/** Under this name the controllers of one database choose their leader. */
export const LEADER_LEASE = "controller";

/** A leadership that has not begun to ask. */
export function createLeadership(options: LeadershipOptions): Leadership {
  const { leases, holder, leaseMilliseconds, log } = options;
  const monotonic = options.monotonic ?? (() => performance.now());
  let held: { lease: HeldLease; until: number } | undefined;
  let view: LeaseView | undefined;
  let problem: string | undefined;
  let told = false;
  let isStopped = false;
  let asking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<void> = Promise.resolve();

  const lease: CurrentLease = () => (held !== undefined && monotonic() < held.until ? held.lease : undefined);

  const tell = (): void => {
    const leads = lease() !== undefined;
    if (leads === told) return;
    told = leads;
    const { holder: leader, term } = view ?? {};
    if (leads) log.info("leads now", { holder, term });
    else if (isStopped) log.info("gave the lead back", { holder, term });
    else log.warning("leads no more", { holder, leader, term });
    telling = telling
      .then(() => options.onChange(leads))
      .catch((error: unknown) => log.error("change of the leader failed", { leads, error }));
  };

  const askOnce = async (): Promise<void> => {
    const askedAt = monotonic();
    try {
      const taken = await inTime(leases.takeLease(LEADER_LEASE, holder, leaseMilliseconds), leaseMilliseconds / 2);
      held = taken === undefined ? undefined : { lease: taken, until: askedAt + leaseMilliseconds };
      view =
        taken === undefined
          ? await inTime(leases.readLease(LEADER_LEASE), leaseMilliseconds / 2)
          : { holder, term: taken.term, leftMilliseconds: leaseMilliseconds };
      if (problem !== undefined) log.info("the store answers again", {});
      problem = undefined;
    } catch (error) {
      // The lease goes on until its time is over: the database may be back before that.
      const message = error instanceof Error ? error.message : String(error);
      if (problem === undefined) log.warning("the store does not answer", { problem: message });
      problem = message;
    }
    tell();
  };

  const schedule = (): void => {
    if (isStopped) return;
    timer = setTimeout(ask, leaseMilliseconds / 3);
  };
  const ask = (): void => {
    if (isStopped || asking !== undefined) return;
    clearTimeout(timer);
    asking = askOnce().finally(() => {
      asking = undefined;
      schedule();
    });
  };

  return {
    lease,
    status() {
      const leads = lease() !== undefined;
      return {
        leads,
        ...(view === undefined ? {} : { leader: view.holder, term: view.term }),
        ...(problem === undefined ? {} : { problem }),
      };
    },
    async start() {
      ask();
      await asking;
      await telling;
    },
    ask,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await asking;
      const last = lease();
      held = undefined;
      tell();
      await telling;
      if (last === undefined) return;
      await inTime(leases.releaseLease(last), leaseMilliseconds / 2).catch((error: unknown) =>
        log.warning("the lease could not be released; another leads when it is over", { error }),
      );
    },
  };
}

/** A connection that was cut without a word answers late or never. */
async function inTime<Value>(answer: Promise<Value>, milliseconds: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1_000} s`)), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => {});
  }
}
