/** Questions to the controller that only a module asks. Parameters, feedback and summaries go through @trimtab/instrumentation. */

/** Where the controller is. */
export interface ControllerPlace {
  /** Its address, `http://127.0.0.1:4600` say. */
  readonly url: string;
  /** Bearer token with the role `evaluate`; `feedback`, `read` and `operate` for what needs them. */
  readonly token?: string;
}

/** The controller said no. */
export class ControllerRefusal extends Error {
  override readonly name = "ControllerRefusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MILLISECONDS = 10_000;

/**
 * One question, answered as JSON.
 *
 * @throws {ControllerRefusal} on any status that is no success; whatever `fetch` throws where nobody answers.
 */
export async function askController(
  { url, token }: ControllerPlace,
  method: "GET" | "POST" | "PUT",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(new URL(path, url.endsWith("/") ? url : `${url}/`), {
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
  const text = await response.text();
  if (response.ok) return text === "" ? undefined : (JSON.parse(text) as unknown);
  throw new ControllerRefusal(response.status, `${method} /${path}: ${response.status} ${detailOf(text)}`);
}

function detailOf(text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { title?: string; detail?: string };
    return detail ?? title ?? text;
  } catch {
    return text.slice(0, 200);
  }
}
