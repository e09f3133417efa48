/** Script of the overview: the charts of the last hour, and live updates. */
import { follow } from "./live.js";
import { createCharts } from "./charts.js";
import { showTab } from "./tab.js";

const charts = createCharts();

async function start() {
  const response = await fetch("/history.json");
  if (response.ok) charts.load(await response.json());
}

void start();
follow("/events", ({ point, tab }) => {
  showTab(tab);
  if (point) charts.add(point);
  return true;
});
