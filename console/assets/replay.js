/** Script of the pages of replays, searches and counts: shows the progress until the end. */
import { follow } from "./live.js";

const progress = document.querySelector("[data-events]");
if (progress instanceof HTMLElement) follow(progress.dataset.events ?? "", ({ ended }) => !ended);
