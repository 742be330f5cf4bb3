import { responseSurface } from "./response-surface.ts";
import { describeStrategy } from "./strategy-contract.ts";

describeStrategy("response-surface", () => responseSurface({}));
