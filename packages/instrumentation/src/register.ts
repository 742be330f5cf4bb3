/** `node --import @trimtab/instrumentation/register app.js` */
import { createRequire } from "node:module";
import { registerService } from "./register-service.ts";

registerService(createRequire(import.meta.url));
