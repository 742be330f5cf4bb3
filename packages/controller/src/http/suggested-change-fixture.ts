/** For tests: a change that waits for a person, as if the learner had suggested it. */
import { variantId } from "@trimtab/conventions";
import type { OperationState } from "@trimtab/learning";
import { type AppUnderTest, adaptationOf } from "./app-fixture.ts";

/** Suggests level 5 instead of 3 in the context genre=rock of shop.checkout: adaptation `a-1` of change `c-a-1`. */
export async function suggestChange(app: AppUnderTest): Promise<void> {
  const key = { component: "shop", operation: "checkout" };
  const headers = { "content-type": "application/json" };
  await app.fetch("/v1/learning-cycles", { method: "POST", headers, body: JSON.stringify(key) });
  const stored = await app.store.loadOperation(key);
  const [last] = (await app.store.listCycles(key, { limit: 1 })).items;
  const policy = await app.store.loadPolicy(stored?.policyHash ?? "");
  if (stored === undefined || last === undefined || policy === undefined) throw new Error("there was no cycle");
  const at = stored.decision.at + 1;
  const contexts = { ...(stored.state["contexts"] as Record<string, object>) };
  contexts["genre=rock"] = {
    ...contexts["genre=rock"],
    suggestion: { changeId: "c-a-1", variant: variantId({ level: 5 }), ids: ["a-1"] },
  };
  await app.store.recordCycle({
    ...last,
    cycle: stored.cycle + 1,
    policy,
    decision: {
      ...stored.decision,
      id: "d-next",
      at,
      adaptations: [adaptationOf("a-1", at, { status: "suggested" })],
    },
    state: { ...stored.state, contexts } as unknown as OperationState,
  });
}
