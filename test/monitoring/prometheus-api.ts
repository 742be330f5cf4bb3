/** What tests ask of a Prometheus. */

/** One series of an answer: a sample at one time, or several over a range. */
export interface AnsweredSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since 1970, and the value as Prometheus writes it. */
  readonly value: readonly [number, string];
}

/** The series of a range, each with its samples. */
export interface AnsweredRange {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
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

/** The answers of an expression over a range; times in seconds since 1970. */
export async function queryRange(
  url: string,
  query: string,
  range: { readonly start: number; readonly end: number; readonly step: number },
): Promise<readonly AnsweredRange[]> {
  const [start, end, step] = [range.start, range.end, range.step].map(String);
  const { result } = (await askPrometheus(url, "query_range", {
    query,
    start: start ?? "",
    end: end ?? "",
    step: step ?? "",
  })) as { result: readonly AnsweredRange[] };
  return result;
}
