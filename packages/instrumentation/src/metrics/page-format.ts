/** In which format a reader of the metrics page wants it, by its `Accept` header (RFC 9110, section 12.5.1). */

/** Text format 0.0.4 of Prometheus, or OpenMetrics 1.0, which has exemplars too. */
export type PageFormat = "plain" | "openmetrics";

/** The content type of each format. */
export const CONTENT_TYPES: Readonly<Record<PageFormat, string>> = {
  plain: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** One of the media types that somebody accepts. */
interface MediaRange {
  readonly type: string;
  readonly version: string | undefined;
  /** 0 to 1. */
  readonly quality: number;
}

/** OpenMetrics only for those who name it, and rather not for those who like the plain text better: that is what everybody reads. */
export function acceptedFormat(accept: string | undefined): PageFormat {
  const ranges = (accept ?? "").split(",").map(rangeOf);
  const open = bestOf(ranges, "application/openmetrics-text", "1.0.0");
  if (open === undefined || open === 0) return "plain";
  const plain = bestOf(ranges, "text/plain", "0.0.4") ?? bestOf(ranges, "text/*") ?? bestOf(ranges, "*/*") ?? 0;
  return open >= plain ? "openmetrics" : "plain";
}

function bestOf(ranges: readonly MediaRange[], type: string, version?: string): number | undefined {
  const matching = ranges.filter(
    (range) => range.type === type && (range.version === undefined || range.version === version),
  );
  return matching.length === 0 ? undefined : Math.max(...matching.map(({ quality }) => quality));
}

function rangeOf(text: string): MediaRange {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const valueOf = (name: string): string | undefined =>
    parameters
      .find((parameter) => parameter.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', "");
  const quality = Number(valueOf("q") ?? 1);
  return { type, version: valueOf("version"), quality: quality >= 0 && quality <= 1 ? quality : 0 };
}
