/**
 * This process among those that share a store: does it lead, and what have others decided?
 *
 * One leads: it runs the passes and all work that writes as the controller. Every other one follows: it takes over what the leader
 * has recorded, as soon as the database tells of it, and at the latest with the next look. A store that one process has alone
 * needs neither: that process always leads.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  CHANNELS,
  type CurrentLease,
  createLeadership,
  createLeaseStore,
  type Log,
  listenToPostgres,
  type NoticeListener,
  type SqlDatabase,
} from "@trimtab/engine";

/** How this process stands. */
export interface ReplicaStatus {
  readonly leads: boolean;
  /** Names this process. */
  readonly name: string;
  /** Who leads, as far as is known. */
  readonly leader?: string;
  readonly term?: number;
  /** Milliseconds since 1970: since when this process leads or follows. */
  readonly since: number;
  /** Why the store does not answer; absent while it does, and where nobody asks it all the time. */
  readonly storeProblem?: string;
}

/** What a replica does when something changes. What these throw is logged. */
interface ReplicaWork {
  /** Begin to lead, or end it. Called in order, each after the last one has ended. */
  readonly onLeadershipChange: (leads: boolean) => Promise<void>;
  /** Others may have recorded cycles: look, and take over. */
  readonly follow: () => Promise<void>;
  /** People's acts may wait (this process leads). */
  readonly onActs: () => Promise<void>;
  /** Feedback may wait (this process leads). */
  readonly onFeedback: () => Promise<void>;
}

/** One of the processes that share a store. */
export interface Replica {
  /** Under which the store writes; undefined where no other process can have the store. */
  readonly lease: CurrentLease | undefined;
  status(): ReplicaStatus;
  /** Begins; resolves when it is known whether this process leads. */
  start(work: ReplicaWork): Promise<void>;
  /** Lets another lead at once. */
  stop(): Promise<void>;
}

/** How often a follower looks by itself, in milliseconds: notices come much sooner, and are lost with a connection. */
const LOOK_EVERY_MILLISECONDS = 1_000;

/** The one process that has the store. */
export function soleReplica(): Replica {
  const since = Date.now();
  return {
    lease: undefined,
    status: () => ({ leads: true, name: replicaName(), leader: replicaName(), since }),
    start: ({ onLeadershipChange }) => onLeadershipChange(true),
    stop: () => Promise.resolve(),
  };
}

/** One of any number of processes on a PostgreSQL. */
export function sharedReplica(options: {
  readonly database: SqlDatabase;
  readonly url: string;
  readonly leaseMilliseconds: number;
  readonly log: Log;
}): Replica {
  const { database, url, leaseMilliseconds, log } = options;
  const name = `${replicaName()}-${randomUUID().slice(0, 8)}`;
  let work: ReplicaWork | undefined;
  let since = Date.now();
  let listener: NoticeListener | undefined;
  let looking: NodeJS.Timeout | undefined;
  const leadership = createLeadership({
    leases: createLeaseStore(database),
    holder: name,
    leaseMilliseconds,
    log,
    async onChange(leads) {
      since = Date.now();
      await work?.onLeadershipChange(leads);
    },
  });
  const inTurn = (what: keyof ReplicaWork & ("follow" | "onActs" | "onFeedback")): (() => void) =>
    oneAtATime(async () => {
      try {
        await work?.[what]();
      } catch (error) {
        log.debug("the store could not be looked at", { what, error }); // the lease's own question warns of it
      }
    });
  const follow = inTurn("follow");
  const onActs = inTurn("onActs");
  const onFeedback = inTurn("onFeedback");
  const onNotice = (channel: string): void => {
    const { leads } = leadership.status();
    if (channel === CHANNELS.leases) leadership.ask();
    else if (channel === CHANNELS.operations && !leads) follow();
    else if (channel === CHANNELS.acts && leads) onActs();
    else if (channel === CHANNELS.feedback && leads) onFeedback();
  };
  return {
    lease: leadership.lease,
    status() {
      const { leads, leader, term, problem } = leadership.status();
      return {
        leads,
        name,
        since,
        ...(leader === undefined ? {} : { leader }),
        ...(term === undefined ? {} : { term }),
        ...(problem === undefined ? {} : { storeProblem: problem }),
      };
    },
    async start(given) {
      work = given;
      listener = listenToPostgres({ url, channels: Object.values(CHANNELS), onNotice });
      looking = setInterval(() => {
        if (!leadership.status().leads) follow();
      }, LOOK_EVERY_MILLISECONDS);
      looking.unref();
      await leadership.start();
    },
    async stop() {
      clearInterval(looking);
      await leadership.stop(); // first: the listener's end waits for the other side
      await listener?.close();
    },
  };
}

function replicaName(): string {
  return `${hostname()}-${process.pid}`;
}

/** Runs once more after the run that goes on, however often it is asked meanwhile. */
function oneAtATime(run: () => Promise<void>): () => void {
  let isRunning = false;
  let isAskedAgain = false;
  const begin = async (): Promise<void> => {
    isRunning = true;
    do {
      isAskedAgain = false;
      await run();
    } while (isAskedAgain);
    isRunning = false;
  };
  return () => {
    if (isRunning) isAskedAgain = true;
    else void begin();
  };
}
