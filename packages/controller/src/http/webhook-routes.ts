/** What webhooks were told, are to be told, and could not be told. */
import {
  type Delivery,
  type DeliveryFilter,
  type DeliveryStatus,
  type DeliveryStore,
  NOTICE_TYPES,
} from "@trimtab/engine";
import { z } from "zod";
import { ControllerError } from "../errors.ts";
import { type Route, sendJson } from "./route.ts";
import { timeSchema, wireTime } from "./wire/learning-wire.ts";
import { linkNextPage, pageRequest, pagingParameters } from "./wire/paging.ts";

/** What the routes need. */
export interface WebhookRouteDependencies {
  readonly store: DeliveryStore;
  readonly now: () => number;
  /** Told that something waits to be sent. */
  readonly onWaiting: () => void;
}

/** One notice for one hook. */
interface WireDelivery {
  readonly id: string;
  readonly hook: string;
  readonly type: string;
  readonly status: DeliveryStatus;
  readonly createdAt: string;
  readonly attempts: number;
  readonly lastAttemptAt?: string | undefined;
  readonly nextAttemptAt?: string | undefined;
  readonly answer?: string | undefined;
  readonly body: unknown;
}

const STATUSES = ["waiting", "delivered", "dead"] as const;

const deliverySchema: z.ZodType<WireDelivery> = z.strictObject({
  id: z.string().meta({ description: "The header webhook-id, the same at each attempt." }),
  hook: z.string(),
  type: z.string(),
  status: z.enum(STATUSES),
  createdAt: timeSchema,
  attempts: z.int(),
  lastAttemptAt: timeSchema.optional(),
  nextAttemptAt: timeSchema.optional(),
  answer: z.string().optional().meta({ description: "What the last attempt came to." }),
  body: z.unknown().meta({ description: "What is sent." }),
});

const pageSchema: z.ZodType<{
  readonly deliveries: readonly WireDelivery[];
  readonly nextCursor?: string | undefined;
}> = z.strictObject({ deliveries: z.array(deliverySchema), nextCursor: z.string().optional() });

const listQuery = z.strictObject({
  hook: z.string().min(1).optional(),
  status: z.enum(STATUSES).optional(),
  type: z.enum(NOTICE_TYPES).optional(),
  ...pagingParameters,
});

/** The routes under /v1/webhook-deliveries. */
export function webhookRoutes({ store, now, onWaiting }: WebhookRouteDependencies): readonly Route[] {
  const list: Route<z.infer<typeof listQuery>> = {
    method: "get",
    path: "/v1/webhook-deliveries",
    summary: "What webhooks were told, are to be told, and could not be told; newest first.",
    role: "read",
    query: listQuery,
    answers: {
      200: { description: "A page of deliveries.", body: { name: "WebhookDeliveryPage", schema: pageSchema } },
    },
    errors: ["CURSOR_INVALID"],
    async handle({ query, path }, response) {
      const { hook, status, type } = query;
      const filter: DeliveryFilter = {
        ...(hook === undefined ? {} : { hook }),
        ...(status === undefined ? {} : { status }),
        ...(type === undefined ? {} : { type }),
      };
      const { items, nextCursor } = await store.listDeliveries(filter, pageRequest(query));
      linkNextPage(response, path, query, nextCursor);
      sendJson(response, { deliveries: items.map(wireDelivery), nextCursor });
    },
  };
  const retry: Route = {
    method: "post",
    path: "/v1/webhook-deliveries/{id}/retry",
    summary: "Sends a delivery again that was given up; one that waits or was delivered stays as it is.",
    role: "operate",
    answers: {
      200: { description: "The delivery as it is now.", body: { name: "WebhookDelivery", schema: deliverySchema } },
    },
    errors: ["WEBHOOK_DELIVERY_UNKNOWN"],
    async handle({ parameters }, response) {
      const id = parameters["id"] ?? "";
      const delivery = await store.retryDelivery(id, now());
      if (delivery === undefined)
        throw new ControllerError("WEBHOOK_DELIVERY_UNKNOWN", `There is no webhook delivery "${id}".`);
      onWaiting();
      sendJson(response, wireDelivery(delivery));
    },
  };
  return [list, retry] as readonly Route[];
}

function wireDelivery(delivery: Delivery): WireDelivery {
  const { id, hook, type, status, createdAt, attempts, lastAttemptAt, nextAttemptAt, answer, payload } = delivery;
  return {
    id,
    hook,
    type,
    status,
    createdAt: wireTime(createdAt),
    attempts,
    lastAttemptAt: lastAttemptAt === undefined ? undefined : wireTime(lastAttemptAt),
    nextAttemptAt: status === "waiting" && attempts > 0 ? wireTime(nextAttemptAt) : undefined,
    answer,
    body: JSON.parse(payload) as unknown,
  };
}
