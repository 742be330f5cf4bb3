/**
 * What a connection was allowed a moment ago. A client sends the same token with each request of a connection; its digest is compared
 * with every known one at the first of them only. A caller can compare a guess with nothing but its own token, so this tells it nothing.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Authorize } from "./authentication.ts";

interface Remembered {
  readonly header: string | undefined;
  readonly state: unknown;
}

/** Checks requests for the role `evaluate`. */
export class RememberedAuthorization {
  readonly #authorize: Authorize;
  readonly #state: () => unknown;
  readonly #bySocket = new WeakMap<Socket, Remembered>();

  /** @param state Another value as soon as other tokens are in force: then nothing that was remembered counts. */
  constructor(authorize: Authorize, state: () => unknown) {
    this.#authorize = authorize;
    this.#state = state;
  }

  /** @throws {ControllerError} as `Authorize` does. */
  check({ socket, headers: { authorization } }: IncomingMessage): void {
    const state = this.#state();
    const remembered = this.#bySocket.get(socket);
    if (remembered !== undefined && remembered.header === authorization && remembered.state === state) return;
    this.#authorize(authorization, "evaluate");
    this.#bySocket.set(socket, { header: authorization, state });
  }
}
