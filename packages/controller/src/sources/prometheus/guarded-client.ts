/** A client that leaves Prometheus alone for a while after it has failed several times. */
import type { Reading } from "@trimtab/learning";
import { createFailureBreaker, type FailureBreakerOptions } from "./failure-breaker.ts";
import {
  type ActiveTarget,
  type Answer,
  createPrometheusClient,
  type PrometheusClientOptions,
  type VectorRow,
} from "./prometheus-client.ts";

/** Asks Prometheus, or says at once why it is not asked now. */
export interface GuardedClient {
  readonly query: (promql: string) => Promise<Pick<Answer<readonly VectorRow[]>, "reading" | "cost">>;
  readonly targets: () => Promise<Reading<readonly ActiveTarget[]>>;
}

/** Told once when answers stop, and once when they come again. */
export interface AnswerListener {
  readonly onStopped: (detail: string) => void;
  readonly onBack: () => void;
}

/** A client with places and a breaker of its own: what others ask neither delays it nor shuts it out. */
export function createGuardedClient(
  options: PrometheusClientOptions,
  now: () => number,
  { listener, ...breaking }: FailureBreakerOptions & { readonly listener?: AnswerListener } = {},
): GuardedClient {
  const client = createPrometheusClient(options);
  const breaker = createFailureBreaker(breaking);
  const guard = async <Value>(ask: () => Promise<Answer<Value>>): Promise<Pick<Answer<Value>, "reading" | "cost">> => {
    const time = now();
    if (breaker.isOpen(time)) {
      const wait = Math.ceil(breaker.remainingMilliseconds(time) / 1000);
      const detail = `Prometheus failed ${breaker.failures} times in a row; it is asked again in ${wait} s`;
      return { reading: { kind: "error", detail } };
    }
    const { isServerFault, ...answer } = await ask();
    const { reading } = answer;
    const hadFailed = breaker.failures > 0;
    if (isServerFault) breaker.failed(now());
    else breaker.succeeded();
    if (isServerFault && !hadFailed && options.signal?.aborted !== true)
      listener?.onStopped("detail" in reading ? reading.detail : "");
    if (!isServerFault && hadFailed) listener?.onBack();
    return answer;
  };
  return {
    query: (promql) => guard(() => client.query(promql)),
    targets: async () => (await guard(() => client.targets())).reading,
  };
}
