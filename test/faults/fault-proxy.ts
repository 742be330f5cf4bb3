/** Stands between a controller and a real Prometheus, and does to the answers what goes wrong in the world. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { COMPONENT } from "./situations.ts";

/** What happens to a question; the answer of the real Prometheus is there where it is wanted. */
export type Interference = (response: ServerResponse, answer: () => Promise<string>) => Promise<void> | void;

/** A proxy with a fault, or with none. */
export class FaultProxy {
  /** The component that Prometheus is asked for instead of the configured one. */
  written = COMPONENT;
  /** The true time, which is Prometheus' own, in milliseconds since 1970. */
  now: () => number = Date.now;
  interference: Interference | undefined;
  /** Questions since the start. */
  asked = 0;
  readonly #prometheusUrl: string;
  readonly #server: Server;
  #port = 0;

  constructor(prometheusUrl: string) {
    this.#prometheusUrl = prometheusUrl;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Begins to listen; after a stop at the same port. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Connections are refused from now on. */
  async refuse(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    this.asked++;
    const answer = async (): Promise<string> => {
      const url = new URL(request.url ?? "/", this.#prometheusUrl);
      if (request.method !== "POST") return (await fetch(url)).text();
      const form = new URLSearchParams(body);
      const query = form.get("query") ?? "";
      form.set("query", query.replaceAll(`component="${COMPONENT}"`, `component="${this.written}"`));
      form.set("time", String(this.now() / 1000));
      return (await fetch(url, { method: "POST", body: form })).text();
    };
    if (this.interference !== undefined) return this.interference(response, answer);
    response.setHeader("content-type", "application/json").end(await answer());
  }
}
