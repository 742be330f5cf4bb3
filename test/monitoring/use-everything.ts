/** Asks a controller for everything that gives a metric, as services, people and dashboards do. */
import { randomUUID } from "node:crypto";
import { openEvents } from "../../packages/controller/src/http/event-reader.test.support.ts";

/** What goes on being asked. */
interface Use {
  stop(): Promise<void>;
}

const BETWEEN_ROUNDS_MILLISECONDS = 500;

/**
 * Keeps streams open and asks again and again, until it is stopped.
 *
 * @param onTold Called once the first notice was sent and refused.
 */
export async function useEverything(url: string, onTold: () => void): Promise<Use> {
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const act = (name: string): Promise<Response> =>
    post(`/v1/operations/studio/mix/${name}`, { by: "ann", why: "sale on Friday" });
  const flags = await (await post("/ofrep/v1/evaluate/flags", { context: { targetingKey: "ann" } })).json();
  const [changes] = (flags as { eventStreams: { endpoint: { requestUri: string } }[] }).eventStreams;
  const streams = [await openEvents(`${url}${changes?.endpoint.requestUri}`)];
  for (const component of ["studio", "translator"])
    streams.push(await openEvents(`${url}/v1/allocations?component=${component}`));
  await act("freeze");
  await act("unfreeze");
  const { adaptations } = (await (
    await fetch(`${url}/v1/adaptations?operation=write_lyrics&status=applied`)
  ).json()) as {
    adaptations: { id: string }[];
  };
  await post(`/v1/adaptations/${adaptations[0]?.id}/rollback`, { by: "ann", why: "readers complain" });

  const round = async (count: number): Promise<void> => {
    const outcome = {
      id: randomUUID(),
      component: "translator",
      operation: "translate",
      context: { language: count % 2 === 0 ? "de" : "fr" },
      parameters: { model: count % 3 === 0 ? "large" : "small" },
      outcome: count % 9 === 0 ? "failure" : "success",
      at: new Date().toISOString(),
      durationMilliseconds: 20 + (count % 10),
      quality: 0.7,
      ...(count % 9 === 0 ? { errorType: "Timeout" } : {}),
    };
    await post("/v1/outcomes", { outcomes: [outcome, { ...outcome, operation: "no_such_operation" }] });
    await post("/v1/outcomes", { outcomes: [outcome] });
    for (const path of ["/v1/performance/studio", "/v1/operations", "/readyz", "/no-such-page"]) {
      await (await fetch(`${url}${path}`)).text();
    }
    if (count === 4) onTold();
  };

  let isStopped = false;
  const rounds = (async () => {
    for (let count = 1; !isStopped; count++) {
      await round(count).catch(() => {}); // what is never answered is missed by whoever waits for its metric
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_ROUNDS_MILLISECONDS));
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await rounds;
      for (const each of streams) each.close();
    },
  };
}
