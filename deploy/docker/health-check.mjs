// The health check of the images, which have no curl: ends with 0 where the address answers with 2xx within two seconds, else with 1.
const [address = ""] = process.argv.slice(2);
const response = await fetch(address, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
process.exitCode = response?.ok ? 0 : 1;
