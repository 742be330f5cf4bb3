// What a cycle costs: 50,000 series in a real Prometheus, and 50,000 contexts decided beside a loop that serves. Takes about five minutes.
//
// usage: node scripts/dev.mjs bench cycle [series | contexts]
const parts = {
  series: async () => (await import("./series.mjs")).measureSeries(),
  contexts: async () => (await import("./contexts.mjs")).measureContexts(),
};

const wanted = process.argv.slice(2);
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  await measure();
}
