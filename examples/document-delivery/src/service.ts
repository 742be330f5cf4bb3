/**
 * The service: delivers documents, compressed with the parameters that Trimtab gives for their content type.
 *
 *     GET /documents            what there is
 *     GET /documents/json/3     one document, compressed as the client accepts it
 *     GET /healthz              free of any work
 *
 *     OTEL_SERVICE_NAME=document_delivery TRIMTAB_CONTROLLER_URL=http://127.0.0.1:4600 PORT=8080 \
 *       node --import @trimtab/instrumentation/register src/service.ts
 *
 * What is tracked stands in deliver-document.ts.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { stopWithParent } from "@trimtab/example-demonstration/parent";
import { CONTENT_CODINGS } from "./compression.ts";
import { deliverDocument } from "./deliver-document.ts";
import { DOCUMENT_TYPES, type DocumentType, loadDocuments, MEDIA_TYPES, type SourceDocument } from "./documents.ts";
import type { ServiceReady } from "./service-ready.ts";

const library = loadDocuments();

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    if (!response.headersSent) response.writeHead(500, { "Content-Type": "text/plain" });
    response.end();
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, place, type, number, ...rest] = (request.url ?? "").split("?", 1)[0]?.split("/") ?? [];
  if (place === "healthz" && type === undefined) return send(response, 200, "ok\n");
  if (place === "documents" && type === undefined) return send(response, 200, catalogue());
  const document = place === "documents" && rest.length === 0 ? findDocument(type, number) : undefined;
  if (document === undefined) return send(response, 404, "There is no such document; GET /documents lists them.\n");
  await deliver(request, response, type as DocumentType, document);
}

async function deliver(
  request: IncomingMessage,
  response: ServerResponse,
  type: DocumentType,
  document: SourceDocument,
): Promise<void> {
  const { body, coding } = await deliverDocument(type, document.body, request.headers["accept-encoding"]);
  response.writeHead(200, {
    "Content-Type": MEDIA_TYPES[type],
    "Content-Length": body.length,
    Vary: "Accept-Encoding",
    ...(coding === "identity" ? {} : { "Content-Encoding": CONTENT_CODINGS[coding] }),
  });
  response.end(body);
}

function findDocument(type: string | undefined, number: string | undefined): SourceDocument | undefined {
  if (!DOCUMENT_TYPES.includes(type as DocumentType) || !/^\d{1,4}$/.test(number ?? "")) return undefined;
  return library[type as DocumentType][Number(number)];
}

function catalogue(): string {
  return DOCUMENT_TYPES.flatMap((type) =>
    library[type].map(({ name, body }, number) => `/documents/${type}/${number}  ${body.length} bytes  ${name}\n`),
  ).join("");
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** Answers what has begun, takes nothing new. The second signal does not wait. */
let stopping = false;
function stop(): void {
  if (stopping) process.exit(1);
  stopping = true;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), 1000).unref();
}

process.on("SIGTERM", stop);
process.on("SIGINT", stop);
stopWithParent();

server.listen(Number(process.env["PORT"] ?? 8080), process.env["HOST"] ?? "127.0.0.1", () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const documents = Object.fromEntries(
    DOCUMENT_TYPES.map((type) => {
      const bytes = library[type].reduce((sum, { body }) => sum + body.length, 0);
      return [type, { count: library[type].length, meanBytes: Math.round(bytes / library[type].length) }];
    }),
  ) as ServiceReady["documents"];
  console.log(`documents at ${url}/documents`);
  process.send?.({ url, documents } satisfies ServiceReady);
});
server.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
