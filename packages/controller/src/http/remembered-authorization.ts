/**
 * What a connection was allowed a moment ago. A client sends the same token with each request of a connection; its digest is compared
 * with every known one at the first of them only. A caller can compare a guess with nothing but its own token, so this tells it nothing.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Principal } from "./authentication.ts";
import type { EntryDependencies } from "./request-gate.ts";

interface Remembered {
  readonly authorization: string | undefined;
  readonly key: string | readonly string[] | undefined;
  readonly state: unknown;
  readonly principal: Principal;
}

/** Lets requests in for the role `evaluate`, as `enter` does for every other. */
export class RememberedAuthorization {
  readonly #entry: EntryDependencies;
  readonly #state: () => unknown;
  readonly #bySocket = new WeakMap<Socket, Remembered>();

  /** @param state Another value as soon as other tokens are in force: then nothing that was remembered counts. */
  constructor(entry: EntryDependencies, state: () => unknown) {
    this.#entry = entry;
    this.#state = state;
  }

  /** @throws {ControllerError} as `enter` does. */
  check(request: IncomingMessage): void {
    this.#entry.limitRate(request, this.#principalOf(request), "evaluate");
  }

  #principalOf({ socket, headers }: IncomingMessage): Principal {
    const { authorization, "x-api-key": key } = headers;
    const state = this.#state();
    const known = this.#bySocket.get(socket);
    if (known !== undefined && known.authorization === authorization && known.key === key && known.state === state)
      return known.principal;
    const principal = this.#entry.authorize(headers, "evaluate");
    this.#bySocket.set(socket, { authorization, key, state, principal });
    return principal;
  }
}
