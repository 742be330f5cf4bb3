/** All tests of alerts, those that fire also beside others. */
import { type AlertCases, besideOthers } from "./alert-case.ts";
import { BURN_RATE_CASES } from "./burn-rate-cases.ts";
import { CONTROLLER_CASES } from "./controller-cases.ts";
import { LEARNING_CASES } from "./learning-cases.ts";
import { OPERATION_CASES } from "./operation-cases.ts";

/** Every test, by alert. */
export const ALERT_CASES: readonly AlertCases[] = [
  ...BURN_RATE_CASES,
  ...OPERATION_CASES,
  ...LEARNING_CASES,
  ...CONTROLLER_CASES,
].map(besideOthers);
