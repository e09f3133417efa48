/** Script of a change of many: shows its progress, and loads the page again for what follows. */
import { follow } from "./live.js";

const progress = document.querySelector("[data-events]");
if (progress instanceof HTMLElement) {
  follow(progress.dataset.events ?? "", ({ ended }) => {
    if (ended) location.reload();
    return !ended;
  });
}
