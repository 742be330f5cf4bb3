/**
 * Tells webhooks what the outbox holds for them: at least once, each hook in order, and each by itself, so that a slow target
 * delays neither another one nor learning. Only the leader sends.
 *
 * Memory holds one delivery per hook. What is sent and not yet recorded when the process dies is sent again, with the same id.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Attempt, Delivery, DeliveryStatus, DeliveryStore, Log } from "@trimtab/engine";
import type { WebhookSettings } from "../config/webhook-settings.ts";
import { traceDelivery } from "../tracing/work-spans.ts";
import { postWebhook } from "./post-webhook.ts";
import { afterAttempt } from "./retry-schedule.ts";
import { signedHeaders } from "./signature.ts";

/** What the sender works with. */
export interface WebhookSenderOptions {
  readonly store: DeliveryStore;
  /** The hooks in force. */
  readonly hooks: () => readonly WebhookSettings[];
  readonly now: () => number;
  /** 0 to 1. */
  readonly chance: () => number;
  readonly onAttempt: (hook: string, result: "delivered" | "failed" | "dead", seconds: number) => void;
  readonly log: Log;
}

/** A sender in the background. */
export interface WebhookSender {
  /** Begins, or goes on with the hooks that are in force now. */
  start(): void;
  /** Something new may wait. Returns at once. */
  wake(): void;
  /** Ends at once: an attempt that runs is broken off, and made again by whoever leads next. */
  stop(): Promise<void>;
}

/** How often a hook looks by itself: other processes write notices, too. Milliseconds. */
const LOOK_EVERY_MILLISECONDS = 2_000;
const BOUND_EVERY_MILLISECONDS = 60_000;
const KEEP_MILLISECONDS = 7 * 24 * 3_600_000;
const MOST_WAITING = 10_000;
const MOST_FINISHED = 10_000;

/** A sender that has not begun. */
export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { store, hooks, now, log } = options;
  let stopped: AbortController | undefined;
  const running = new Map<string, Promise<void>>();
  const woken = new Set<() => void>();
  let bounding: NodeJS.Timeout | undefined;

  /** Until something happens, or the time is over. */
  const rest = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
    let onWake: () => void = () => {};
    const waking = new Promise<void>((resolve) => {
      onWake = resolve;
      woken.add(onWake);
    });
    const enough = new AbortController();
    const until = AbortSignal.any([signal, enough.signal]);
    await Promise.race([waking, sleep(milliseconds, undefined, { signal: until, ref: false }).catch(() => {})]);
    enough.abort();
    woken.delete(onWake);
  };

  const run = async (name: string, signal: AbortSignal): Promise<void> => {
    const current = (): WebhookSettings | undefined => hooks().find((hook) => hook.name === name);
    while (!signal.aborted) {
      const hook = current();
      if (hook === undefined) return;
      try {
        const due = await attemptNext(hook, signal, options);
        if (due > 0) await rest(Math.min(due, LOOK_EVERY_MILLISECONDS), signal);
      } catch (error) {
        log.error("webhook deliveries could not be read or recorded", { hook: name, error });
        await rest(LOOK_EVERY_MILLISECONDS, signal);
      }
    }
  };

  const bound = async (): Promise<void> => {
    const waitMilliseconds = Math.max(...hooks().map((hook) => hook.retryForMilliseconds), 0) || KEEP_MILLISECONDS;
    const bounds = {
      waitMilliseconds,
      keepMilliseconds: KEEP_MILLISECONDS,
      mostWaiting: MOST_WAITING,
      mostFinished: MOST_FINISHED,
    };
    try {
      const { givenUp } = await store.boundDeliveries(bounds, now());
      if (givenUp > 0) log.error("webhook deliveries given up: they waited too long, or too many waited", { givenUp });
    } catch (error) {
      log.error("webhook deliveries could not be bounded", { error });
    }
  };

  return {
    start() {
      stopped ??= new AbortController();
      const { signal } = stopped;
      for (const { name } of hooks()) {
        if (running.has(name)) continue;
        const ended = run(name, signal).finally(() => running.delete(name));
        running.set(name, ended);
      }
      if (bounding !== undefined) return;
      void bound();
      bounding = setInterval(() => void bound(), BOUND_EVERY_MILLISECONDS);
      bounding.unref();
    },
    wake() {
      for (const onWake of woken) onWake();
    },
    async stop() {
      stopped?.abort();
      stopped = undefined;
      clearInterval(bounding);
      bounding = undefined;
      await Promise.all(running.values());
    },
  };
}

/** @returns How long there is nothing to do, in milliseconds; 0 where more may be due. */
async function attemptNext(hook: WebhookSettings, signal: AbortSignal, options: WebhookSenderOptions): Promise<number> {
  const { store, now } = options;
  const delivery = await store.nextDelivery(hook.name);
  if (delivery === undefined) return Number.POSITIVE_INFINITY;
  const due = delivery.nextAttemptAt - now();
  if (due > 0) return due;
  await traceDelivery(delivery, () => attemptDelivery(delivery, hook, signal, options));
  return 0;
}

/** @returns Undefined where it was broken off: the target may have it or not, and whoever leads next sends it again. */
async function attemptDelivery(
  delivery: Delivery,
  hook: WebhookSettings,
  signal: AbortSignal,
  { store, now, chance, onAttempt, log }: WebhookSenderOptions,
): Promise<Attempt | undefined> {
  const startedAt = now();
  const message = { headers: signedHeaders(delivery, hook.secret, startedAt), body: delivery.payload };
  const outcome = await postWebhook(hook, message, signal);
  if (signal.aborted) return undefined;
  const { retryForMilliseconds } = hook;
  const attempt = afterAttempt(delivery, outcome, { now: now(), retryForMilliseconds, chance: chance() });
  await store.recordAttempt(delivery.id, attempt);
  onAttempt(hook.name, resultOf(attempt.status), (attempt.at - startedAt) / 1000);
  const told = {
    hook: hook.name,
    id: delivery.id,
    type: delivery.type,
    attempt: delivery.attempts + 1,
    answer: attempt.answer,
  };
  if (attempt.status === "delivered") log.debug("webhook delivered", told);
  else if (attempt.status === "dead") log.error("webhook given up", told);
  else
    log.warning("webhook failed; it is tried again", {
      ...told,
      nextAttemptAt: new Date(attempt.nextAttemptAt).toISOString(),
    });
  return attempt;
}

function resultOf(status: DeliveryStatus): "delivered" | "failed" | "dead" {
  return status === "waiting" ? "failed" : status;
}
