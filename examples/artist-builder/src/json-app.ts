/** What the HTTP interfaces of the artists' services share: bodies and answers are JSON, and a failure is answered with its problem. */
import express, { type ErrorRequestHandler, type Express, type Response } from "express";

/** An application without a port, with these routes. */
export function jsonApp(addRoutes: (app: Express) => void): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json({ limit: "64kb" }));
  addRoutes(app);
  app.get("/healthz", (_request, response) => response.type("text").send("ok\n"));
  app.use(((error: { status?: number; message?: string }, _request, response, _next) => {
    const status = error.status ?? 500;
    if (status >= 500) console.error(error);
    refuse(response, status, status >= 500 ? "something went wrong here" : (error.message ?? "bad request"));
  }) satisfies ErrorRequestHandler);
  return app;
}

/** Answers that it cannot be done, and why. */
export function refuse(response: Response, status: number, problem: string): void {
  response.status(status).json({ problem });
}
