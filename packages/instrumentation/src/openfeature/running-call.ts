/** The call that an evaluation or an event is about. */
import { instrumentation } from "../instance.ts";
import type { TrackedCall } from "../tracked-call.ts";
import type { TrackedComponent } from "../tracked-component.ts";

/** The innermost call of an operation that is running here; undefined outside of any. */
export function runningCall(component: TrackedComponent, operation: string): TrackedCall | undefined {
  let call: TrackedCall | undefined = instrumentation().currentCall();
  for (; call !== undefined; call = call.parent) {
    if (call.tracked.name === operation && call.tracked.component === component.name) return call;
  }
  return undefined;
}
