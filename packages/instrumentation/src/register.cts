/** `node --require @trimtab/instrumentation/register app.cjs` */
import { registerService } from "./register-service.ts";

registerService(require);
