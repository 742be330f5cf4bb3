/**
 * Reads a metrics page: the text format of Prometheus, version 0.0.4, and what OpenMetrics 1.0 adds to it (exemplars, units,
 * the end mark, all ignored).
 *
 * Strict: one line that does not parse and none of the page counts, because half a page looks like vanished series. The npm
 * packages for this format were last released years ago, merge repeated series in silence and group samples in a shape of
 * their own; the format is small.
 */

/** One line with a value. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** May be NaN or infinite: the format allows both. */
  readonly value: number;
}

/** The page is not what it should be. */
export class MetricsPageError extends Error {
  override readonly name = "MetricsPageError";
}

/**
 * The samples one after the other, so that other work can have its turn between them.
 *
 * @throws {MetricsPageError} with the line's number and what is wrong with it, when it comes to it.
 */
export function* parseMetricsPage(text: string): Generator<Sample, void, undefined> {
  let number = 0;
  let start = 0;
  while (start < text.length) {
    number++;
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = text.slice(start, text[end - 1] === "\r" ? end - 1 : end);
    start = end + 1;
    if (line === "" || line.startsWith("#") || line.trim() === "") continue;
    yield new SampleLine(line, number).read();
  }
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const SPACES = /[ \t]*/y;
const WORD = /[^ \t]+/y;
const UNESCAPED = /[^"\\]*/y;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** One line, read from left to right. */
class SampleLine {
  readonly #text: string;
  readonly #number: number;
  #position = 0;

  constructor(text: string, number: number) {
    this.#text = text;
    this.#number = number;
  }

  read(): Sample {
    this.#take(SPACES);
    const labels = new Map<string, string>();
    let name = this.#take(NAME);
    this.#take(SPACES);
    if (this.#next() === "{") {
      const quoted = this.#readLabels(labels);
      if (quoted !== undefined && name !== "") this.#fail("has two names");
      name = quoted ?? name;
    }
    if (name === "") this.#fail("does not begin with a metric's name");
    this.#take(SPACES);
    const value = this.#readNumber(this.#take(WORD));
    this.#take(SPACES);
    this.#checkRest();
    return { name, labels, value };
  }

  /** @returns The metric's name where it stands between the braces, in quotes (names beyond ASCII). */
  #readLabels(labels: Map<string, string>): string | undefined {
    let name: string | undefined;
    this.#position++;
    for (;;) {
      this.#take(SPACES);
      if (this.#next() === "}") break;
      const isQuoted = this.#next() === '"';
      const key = isQuoted ? this.#readQuoted() : this.#take(LABEL);
      this.#take(SPACES);
      if (this.#next() === "=") {
        this.#position++;
        this.#take(SPACES);
        if (key === "") this.#fail("has a label without a name");
        if (labels.has(key)) this.#fail(`has the label "${key}" twice`);
        labels.set(key, this.#readQuoted());
      } else if (isQuoted && name === undefined) name = key;
      else this.#fail("has a label without a value");
      this.#take(SPACES);
      if (this.#next() === ",") this.#position++;
      else if (this.#next() !== "}") this.#fail("has no comma between two labels");
    }
    this.#position++;
    return name;
  }

  #readQuoted(): string {
    if (this.#next() !== '"') this.#fail("has a label value that is not in quotes");
    this.#position++;
    let value = this.#take(UNESCAPED);
    for (;;) {
      const character = this.#next();
      if (character === undefined) this.#fail("has a label value without an end");
      this.#position++;
      if (character === '"') return value;
      const escaped = this.#next();
      if (escaped !== "n" && escaped !== "\\" && escaped !== '"') this.#fail("has an unknown escape in a label value");
      this.#position++;
      value += (escaped === "n" ? "\n" : escaped) + this.#take(UNESCAPED);
    }
  }

  /** A timestamp and an exemplar may follow the value. */
  #checkRest(): void {
    if (this.#next() === undefined || this.#next() === "#") return;
    this.#readNumber(this.#take(WORD));
    this.#take(SPACES);
    if (this.#next() !== undefined && this.#next() !== "#") this.#fail("goes on after the value and the time");
  }

  #readNumber(word: string): number {
    if (NUMBER.test(word)) return Number(word);
    const [, sign, name] = /^([+-]?)(nan|inf|infinity)$/i.exec(word) ?? [];
    if (name === undefined) return this.#fail(word === "" ? "has no value" : `has "${word.slice(0, 40)}" for a value`);
    if (name.toLowerCase() === "nan") return Number.NaN;
    return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  #next(): string | undefined {
    return this.#text[this.#position];
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    if (!pattern.test(this.#text)) return "";
    const start = this.#position;
    this.#position = pattern.lastIndex;
    return this.#text.slice(start, this.#position);
  }

  #fail(what: string): never {
    throw new MetricsPageError(`line ${this.#number} ${what}: ${this.#text.slice(0, 120)}`);
  }
}
