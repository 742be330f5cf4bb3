/** For tests: a change that waits for a person, as if the learner had suggested it. */
import { variantId } from "@trimtab/conventions";
import type { OperationState } from "@trimtab/learning";
import { type AppUnderTest, adaptationOf } from "./app-fixture.ts";

/** Suggests level 5 instead of 3 in a context of shop.checkout: without more adaptation `a-1` of change `c-a-1` for genre=rock. */
export async function suggestChange(app: AppUnderTest, id = "a-1", genre = "rock"): Promise<void> {
  const key = { component: "shop", operation: "checkout" };
  const headers = { "content-type": "application/json" };
  await app.fetch("/v1/learning-cycles", { method: "POST", headers, body: JSON.stringify(key) });
  const stored = await app.store.loadOperation(key);
  const [last] = (await app.store.listCycles(key, { limit: 1 })).items;
  const policy = await app.store.loadPolicy(stored?.policyHash ?? "");
  if (stored === undefined || last === undefined || policy === undefined) throw new Error("there was no cycle");
  const at = stored.decision.at + 1;
  const contexts = { ...(stored.state["contexts"] as Record<string, object>) };
  contexts[`genre=${genre}`] = {
    ...contexts[`genre=${genre}`],
    suggestion: { changeId: `c-${id}`, variant: variantId({ level: 5 }), ids: [id] },
  };
  await app.store.recordCycle({
    ...last,
    cycle: stored.cycle + 1,
    policy,
    decision: {
      ...stored.decision,
      id: `d-${id}`,
      at,
      adaptations: [adaptationOf(id, at, { status: "suggested", context: { genre } })],
    },
    state: { ...stored.state, contexts } as unknown as OperationState,
  });
}
