/** Script of a replay's page: shows its progress until it ends. */
import { follow } from "./live.js";

const progress = document.querySelector("[data-events]");
if (progress instanceof HTMLElement) follow(progress.dataset.events ?? "", ({ ended }) => !ended);
