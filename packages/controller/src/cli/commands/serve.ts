/** `trimtab serve` */
import type { Log } from "@trimtab/engine";
import { ConfigError } from "../../config/config-error.ts";
import { ListenError } from "../../http/listen.ts";
import type { RunningController } from "../../main.ts";
import type { StartedSdk } from "../../tracing/start-sdk.ts";
import { type Command, CommandFailure, EXIT, type Terminal } from "../command.ts";
import { configFileOf, configOption } from "../config-option.ts";
import { writeErrorLine } from "../process-terminal.ts";

/** After this long the process ends whatever it still waits for, in milliseconds; what was acknowledged is on disk anyway. */
const LONGEST_SHUTDOWN_MILLISECONDS = 4_800;

/** Spans that a collector does not take in this time are lost. */
const LONGEST_FLUSH_MILLISECONDS = 700;

/** Runs the controller until a signal. */
export const serveCommand: Command = {
  name: "serve",
  summary: "runs the controller",
  details: [
    "SIGTERM or SIGINT stops it within 5 s: passes that run are finished, the store is closed, the exit code is 0.",
    "Spans are sent where OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_TRACES_EXPORTER asks for it, by @opentelemetry/sdk-node.",
    "A changed configuration is taken over whole, within seconds or at once on SIGHUP; a bad one is logged, and the old one stays.",
    "TRIMTAB_LOG_LEVEL: debug, info, warning, error or silent. TRIMTAB_LOG_FORMAT: json or text (default text on a terminal).",
  ].join("\n"),
  options: configOption,
  positionals: { min: 0, max: 0 },
  async run({ options }, { complain, environment, print }) {
    const { loadConfig } = await import("../../config.ts");
    const { createLog, logOptionsFrom } = await import("../../logging.ts");
    const { startController } = await import("../../main.ts");
    const { watchedFile } = await import("../../config/watched-file.ts");
    const { StoreOpenError } = await import("@trimtab/engine");
    const { SdkMissingError, startSdk } = await import("../../tracing/start-sdk.ts");
    const file = configFileOf(options, environment);
    const log = createLog({
      ...logOptionsFrom(environment, process.stderr.isTTY),
      write: writeErrorLine,
      now: Date.now,
    });
    const watched = watchedFile(file);
    const config = loadConfig(file, environment);
    const signal = signalled();
    let sdk: StartedSdk | undefined;
    let controller: RunningController | undefined;
    // From the beginning: nobody's SIGHUP may end a controller that is still starting.
    const onReload = (): void => {
      watched.markSeen();
      if (controller !== undefined) void reload(controller, file, environment, log);
    };
    process.on("SIGHUP", onReload);
    try {
      sdk = await startSdk(environment, log);
      controller = await startController(config, { log });
    } catch (error) {
      await sdk?.shutdown(LONGEST_FLUSH_MILLISECONDS);
      if (error instanceof ListenError || error instanceof StoreOpenError || error instanceof SdkMissingError)
        throw new CommandFailure(error.message);
      throw error;
    }
    watched.start(onReload);
    print(`Trimtab listens on ${controller.url}`);
    log.info("stopping", { signal: await signal });
    process.off("SIGHUP", onReload);
    watched.stop();
    await stop(controller, sdk, complain);
    return EXIT.ok;
  },
};

function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}

async function reload(
  controller: RunningController,
  file: string,
  environment: NodeJS.ProcessEnv,
  log: Log,
): Promise<void> {
  const { loadConfig } = await import("../../config.ts");
  const { reloadProblems } = await import("../../config/reload-state.ts");
  const { ReloadError } = await import("../../main.ts");
  try {
    await controller.reload(() => loadConfig(file, environment));
  } catch (error) {
    if (error instanceof ConfigError || error instanceof ReloadError)
      log.error("configuration refused; the old one stays in force", { file, problems: reloadProblems(error) });
    else log.error("configuration not taken over; the old one stays in force", { file, error });
  }
}

async function stop(
  controller: RunningController,
  sdk: StartedSdk | undefined,
  complain: Terminal["complain"],
): Promise<void> {
  const deadline = setTimeout(() => {
    complain("The shutdown took too long; nothing that was acknowledged is lost.");
    process.exit(EXIT.ok);
  }, LONGEST_SHUTDOWN_MILLISECONDS);
  await controller.stop();
  const isFlushed = (await sdk?.shutdown(LONGEST_FLUSH_MILLISECONDS)) ?? true;
  if (isFlushed) clearTimeout(deadline);
  else process.exit(EXIT.ok); // a collector that does not answer would hold the process up
}
