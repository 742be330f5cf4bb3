/**
 * A process that was started by the demonstration ends with it, also when the demonstration was killed and could tell nobody: the
 * channel between the two breaks then.
 *
 * `node --import ./parent.ts <program>` gives this to a program that knows nothing of it.
 */

let watching = false;

/** Ends this process when the one that started it is gone. Does nothing where there is no channel to it. */
export function stopWithParent(): void {
  if (watching || process.channel === undefined || process.channel === null) return;
  watching = true;
  process.once("disconnect", () => {
    process.kill(process.pid, "SIGTERM"); // as if the parent had said it: whatever tidies up, tidies up
    setTimeout(() => process.exit(1), 3000).unref();
  });
  process.channel.unref();
}

stopWithParent();
