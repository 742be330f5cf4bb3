// How long the thread that serves is busy without a break, in CPU time: on a loaded machine a clock on the wall measures the others.
const SAMPLES_KEPT = 200_000;

/**
 * Watches this thread's loop: a task on each of its turns asks for the CPU time that the thread has used since the last one.
 *
 * @returns {() => { busy: number[], cpu: number }} Milliseconds of each turn that was longer than half a millisecond, and all CPU time of
 *   the thread, since the last question.
 */
export function watchLoop() {
  /** @type {number[]} */
  let busy = [];
  const threadCpu = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let last = threadCpu();
  let since = last;
  const look = () => {
    const now = threadCpu();
    if (now - last > 0.5 && busy.length < SAMPLES_KEPT) busy.push(now - last);
    last = now;
    // Not at once: a loop that never rests would be all that is measured.
    setTimeout(() => setImmediate(look), 1).unref();
  };
  look();
  return () => {
    const now = threadCpu();
    const answer = { busy, cpu: now - since };
    busy = [];
    since = now;
    return answer;
  };
}
