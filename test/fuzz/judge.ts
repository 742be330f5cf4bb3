/** What must hold of every answer, whatever was asked. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describeError, ERROR_CODES, type ErrorCode } from "../../packages/controller/src/errors.ts";
import type { DescribedOperation, Description } from "./description.ts";
import type { Answer, SentRequest } from "./exchange.ts";

/** Judges answers by the document. */
export class Judge {
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
  readonly #description: Description;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(description: Description) {
    this.#description = description;
    this.#ajv.addSchema(description.document, "openapi");
  }

  /** What is wrong with an answer; empty where all is in order. */
  problemsOf(request: SentRequest, answer: Answer, operation: DescribedOperation): string[] {
    const { status, headers, text, isStream } = answer;
    const problems: string[] = [];
    if (headers["x-request-id"] === undefined) problems.push("the answer has no X-Request-Id");
    if (status >= 500) problems.push(`the status is ${status}`);
    if (request.method === "HEAD" || status === 204 || status === 304) {
      if (text !== "") problems.push("there is a body where none may be");
      return problems;
    }
    if (isStream) return status === 200 ? problems : [...problems, `a stream has the status ${status}`];
    const described = this.#describedOf(request, operation);
    if (status >= 400 && !request.target.startsWith("/ofrep/"))
      return [...problems, ...this.#problemsOfError(answer, described)];
    const said = described?.responses[String(status)];
    if (described === undefined) return problems;
    if (said === undefined) return [...problems, `the status ${status} is not described`];
    const type = (headers["content-type"] ?? "").split(";")[0] ?? "";
    if (said.content === undefined)
      return text === "" ? problems : [...problems, "there is a body that is not described"];
    if (said.content[type] === undefined) return [...problems, `the type "${type}" is not described for ${status}`];
    if (type === "application/json") problems.push(...this.#misfits(described, status, type, text));
    return problems;
  }

  /** The operation that the request reaches; undefined where it is none of the document or nobody can say. */
  #describedOf({ method, target }: SentRequest, { path }: DescribedOperation): DescribedOperation | undefined {
    const own = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/?#]+")}$`);
    if (!own.test(target.split("?")[0] ?? "")) return undefined;
    return this.#description.operations.find((each) => each.path === path && each.method === method);
  }

  #problemsOfError({ status, headers, text }: Answer, described: DescribedOperation | undefined): string[] {
    if ((headers["content-type"] ?? "").split(";")[0] !== "application/problem+json")
      return [`an error of the type "${headers["content-type"] ?? ""}": ${text.slice(0, 200)}`];
    const problem = JSON.parse(text) as { readonly code: ErrorCode; readonly status: number };
    const misfits = this.#validated("openapi#/components/schemas/Problem", problem);
    if (misfits.length > 0) return misfits;
    const { code } = problem;
    if (!ERROR_CODES.includes(code)) return [`the code ${code} is none of errors.ts`];
    if (describeError(code).status !== status || problem.status !== status)
      return [`${code} has the status ${status}, and ${problem.status} in its body`];
    if (described === undefined) return [];
    const said = described.responses[String(status)]?.description ?? "";
    return said.includes(`${code}:`) ? [] : [`${status} ${code} is not described`];
  }

  #misfits({ path, method }: DescribedOperation, status: number, type: string, text: string): string[] {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return [`the answer is no JSON: ${text.slice(0, 200)}`];
    }
    const pointer = ["paths", path, method.toLowerCase(), "responses", String(status), "content", type, "schema"]
      .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
      .join("/");
    return this.#validated(`openapi#/${pointer}`, value);
  }

  #validated(reference: string, value: unknown): string[] {
    let validate = this.#validators.get(reference);
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref: reference });
      this.#validators.set(reference, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `the answer does not fit its schema at "${instancePath}": ${message} ${JSON.stringify(params)}`,
    );
  }
}
