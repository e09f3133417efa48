/** Script of the overview: the charts of the last hour, and live updates. */
import { follow } from "./live.js";
import { createCharts } from "./charts.js";

const charts = createCharts();

async function start() {
  const response = await fetch("/history.json");
  if (response.ok) charts.load(await response.json());
}

void start();
follow("/events", ({ point }) => {
  if (point) charts.add(point);
  return true;
});
