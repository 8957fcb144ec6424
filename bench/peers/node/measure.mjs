// Prints how many nanoseconds a GET through @plone/client takes, for each address
// on the command line, as a JSON array.
import ploneClient from '@plone/client';

const warmUp = 200;
const series = 21;
const seriesTime = 20e6; // ns, about

const client = ploneClient.initialize({ apiPath: 'unused' }); // every path is an address

async function time(n, url) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < n; i++) {
    const value = await client.getContent({ path: url });
    if (!value['@id']) throw new Error(`${url}: no object`);
  }
  return Number(process.hrtime.bigint() - start) / n;
}

async function median(url) {
  const n = Math.max(1, Math.round(seriesTime / (await time(warmUp, url))));
  const times = [];
  for (let i = 0; i < series; i++) times.push(await time(n, url));
  return times.sort((a, b) => a - b)[(series - 1) / 2];
}

const medians = [];
for (const url of process.argv.slice(2)) medians.push(await median(url));
console.log(JSON.stringify(medians));
