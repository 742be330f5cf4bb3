/** Where recorded cycles are read from: a controller that runs, or the file of a store. */
import type { OperationKey, RecordedCycle as StoredCycle } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import type { RecordedCycle } from "@trimtab/simulator";
import { RECORDED_CYCLE_SCHEMA, type WireRecordedCyclePage } from "../http/recorded-cycle-routes.ts";
import type { WireOperationSummary } from "../http/wire/operation-wire.ts";
import { CommandFailure } from "./command.ts";
import { controllerClient } from "./controller-client.ts";

/** A page of cycles, newest first. */
export interface RecordingPage {
  readonly cycles: readonly RecordedCycle[];
  readonly nextCursor?: string;
}

/** A source of recorded cycles. */
export interface Recordings {
  /** The operations that it may have cycles of. */
  operations(): Promise<readonly OperationKey[]>;
  page(operation: OperationKey, cursor: string | undefined): Promise<RecordingPage>;
  close(): Promise<void>;
}

/** Cycles with hundreds of contexts are large, and a controller has other things to do. */
const PAGE = 50;

/** @throws {CommandFailure} where nothing can be read from there. */
export function openRecordings(from: string, environment: NodeJS.ProcessEnv): Promise<Recordings> {
  return /^https?:\/\//.test(from) ? ofController(from, environment) : ofStore(from);
}

async function ofController(url: string, environment: NodeJS.ProcessEnv): Promise<Recordings> {
  const client = await controllerClient({ url }, environment);
  const policies = new Map<string, OperationPolicy>();
  return {
    async operations() {
      return (await client.require<{ operations: readonly WireOperationSummary[] }>("/v1/operations")).operations;
    },
    async page({ component, operation }, cursor) {
      const query = new URLSearchParams({ component, operation, limit: String(PAGE) });
      if (cursor !== undefined) query.set("cursor", cursor);
      const path = `/v1/recorded-cycles?${query.toString()}`;
      const { status, body } = await client.get<{ readonly code?: string } & WireRecordedCyclePage>(path);
      const isUnknownRoute = status === 404 && body.code !== "OPERATION_UNKNOWN" && body.code !== "COMPONENT_UNKNOWN";
      if (isUnknownRoute || (status === 200 && body.schema !== RECORDED_CYCLE_SCHEMA)) throw otherVersion(client.url);
      const answer = status === 200 ? body : await client.require<WireRecordedCyclePage>(path);
      for (const [hash, policy] of Object.entries(answer.policies)) if (!policies.has(hash)) policies.set(hash, policy); // the same policy is the same object: it is compared by that
      return pageOf(answer.cycles, answer.nextCursor, (hash) => policies.get(hash));
    },
    close: () => Promise.resolve(),
  };
}

async function ofStore(file: string): Promise<Recordings> {
  const { createSqlStore, openSqliteForReading, StoreOpenError } = await import("@trimtab/engine");
  const database = await openSqliteForReading(file).catch((error: unknown) => {
    if (!(error instanceof StoreOpenError)) throw error;
    throw new CommandFailure(
      `${error.message}\n--from takes the address of a controller, such as http://127.0.0.1:4600, or the file of its store.`,
    );
  });
  const store = createSqlStore(database);
  const policies = new Map<string, OperationPolicy>();
  return {
    operations: () => store.listOperations(),
    async page(operation, cursor) {
      const page = await store.listCycles(operation, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      for (const { policyHash } of page.items) {
        const policy = policies.has(policyHash) ? undefined : await store.loadPolicy(policyHash);
        if (policy !== undefined) policies.set(policyHash, policy);
      }
      return pageOf(page.items, page.nextCursor, (hash) => policies.get(hash));
    },
    close: () => store.close(),
  };
}

function pageOf(
  cycles: readonly Omit<StoredCycle | WireRecordedCyclePage["cycles"][number], "component" | "operation">[],
  nextCursor: string | undefined,
  policyOf: (hash: string) => OperationPolicy | undefined,
): RecordingPage {
  return {
    cycles: cycles.map(({ policyHash, ...record }) => {
      const policy = policyOf(policyHash);
      if (policy === undefined)
        throw new CommandFailure(`The policy of cycle ${record.cycle} (${policyHash}) is not kept.`);
      return { ...record, policy };
    }),
    ...(nextCursor === undefined ? {} : { nextCursor }),
  };
}

function otherVersion(url: string): CommandFailure {
  return new CommandFailure(
    `The controller at ${url} is of another version: it does not give its recorded cycles in the form that this tool reads.\n` +
      "Use the tool of its version, or give the file of its store to --from.",
  );
}
