/** What tests ask of a Prometheus. */

/** One series of an answer: a sample at one time, or several over a range. */
export interface AnsweredSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since 1970, and the value as Prometheus writes it. */
  readonly value: readonly [number, string];
}

/**
 * The `data` of an answer of the HTTP API.
 *
 * @throws {Error} with what Prometheus says, and the expression, where it answers with an error.
 */
export async function askPrometheus(url: string, path: string, form: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(form).toString()}`);
  const answer = await response.text();
  if (!response.ok) throw new Error(`${path} ${form["query"] ?? ""}: ${response.status} ${answer}`);
  return (JSON.parse(answer) as { data: unknown }).data;
}

/** The answer of an expression now, as a vector. */
export async function queryNow(url: string, query: string): Promise<readonly AnsweredSeries[]> {
  const { result } = (await askPrometheus(url, "query", { query })) as { result: readonly AnsweredSeries[] };
  return result;
}
